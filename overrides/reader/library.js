// OpenPGP.js, as it came. It lies in the page as text and runs when it is first needed: on a slow phone the page is there at once.
import { $, make } from "./element.js";
import { Fault } from "./fault.js";

export function bring() {
  if (typeof openpgp === "undefined") document.body.append(make("script", { textContent: $("#library").textContent }));
  if (typeof openpgp === "undefined") throw new Fault("old");
}
