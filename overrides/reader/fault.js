// What went wrong, by the name of its sentence in words.js; `about` fills the sentence in. All else is a bug.
export class Fault extends Error {
  constructor(name, about = {}) {
    super(name);
    this.fault = name;
    this.about = about;
  }
}
