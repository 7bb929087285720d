// Prints how Mozilla's HTTP Observatory grades a host whose web server listens on two loopback ports:
//   node scan.mjs HOST HTTP_PORT HTTPS_PORT      (the certificate's authority in NODE_EXTRA_CA_CERTS)
import { existsSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

const [host, httpPort, httpsPort] = process.argv.slice(2);

// Whatever name is asked for, this server answers: nothing leaves the machine.
for (const [{ Agent }, port] of [[http, httpPort], [https, httpsPort]]) {
  const { createConnection } = Agent.prototype;
  Agent.prototype.createConnection = function (options, ...rest) {
    return createConnection.call(this, { ...options, host: "127.0.0.1", port, servername: host }, ...rest);
  };
}

// Its installation would fetch the list of hosts that browsers know to be encrypted; ours is not in there.
const list = new URL("node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json", import.meta.url);
if (!existsSync(list)) writeFileSync(list, "{}");

const { scan } = await import("@mdn/mdn-http-observatory");
const { scan: { grade, score }, tests } = await scan(host);
const verdicts = Object.entries(tests).map(([name, { pass, result, scoreModifier }]) => [name, { pass, result, scoreModifier }]);
console.log(JSON.stringify({ grade, score, tests: Object.fromEntries(verdicts) }));
