// An execution as draw/replay.py records it: what is true at a moment, and words and elements for it.
//
// inspector.js stands below this text wherever it is used: one file goes to the browser.

const GLYPHS = { succeeded: "✓", running: "▶", caught: "!", failed: "✕", "timed out": "◷", aborted: "■" };
const WORST = ["running", "failed", "timed out", "aborted", "caught", "succeeded"];
const TROUBLE = /(Failed|TimedOut|Aborted)$/;
const FOCUSED = ["button", "input", "select", "pre", "textarea"];

class Film {
  /** A record, at its last moment. */
  constructor(record) {
    this.record = record;
    this.at = record.moments.length - 1;
    let pieces = [];
    this.pictures = record.moments.map((moment) => {
      pieces = pieces.slice();
      for (const [from, gone, ...come] of moment.changes) pieces.splice(from, gone, ...come);
      return pieces;
    });
    this.visitsOf = record.states.map(() => []);
    record.visits.forEach((visit, number) => this.visitsOf[visit.state]?.push(number));
  }

  get moment() {
    return this.record.moments[this.at];
  }

  get atEnd() {
    return this.at === this.record.moments.length - 1;
  }

  /** The picture of this moment, SVG. */
  get picture() {
    return this.pictures[this.at].map((piece) => this.record.pieces[piece]).join("");
  }

  visitsNow(number) {
    return this.visitsOf[number].filter((visit) => this.visitNow(visit));
  }

  /** A visit as it was at this moment: [moment, status, tries, left, error, cause, items]; undefined before it. */
  visitNow(number) {
    return this.record.visits[number].changes.findLast(([at]) => at <= this.at);
  }

  statusOf(number) {
    const found = this.visitsNow(number).map((visit) => this.visitNow(visit)[1]);
    const inMap = Number.isInteger(this.record.visits[this.visitsOf[number][0]]?.item);
    return inMap ? WORST.find((status) => found.includes(status)) : found.at(-1);
  }

  /** Of a state's visits the one that its colour tells of. */
  tellingVisit(number) {
    const status = this.statusOf(number);
    return this.visitsNow(number).findLast((visit) => this.visitNow(visit)[1] === status);
  }
}

/** Seconds in words, as `words.duration` says them. */
function duration(exact) {
  const seconds = Math.round((exact + 1e-6) * 10) / 10;
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [size, large, small] = whole < 3600 ? [60, "min", "s"] : whole < 172800 ? [3600, "h", "min"] : [86400, "d", "h"];
  if (whole < 120) return `${whole} s`;
  const rest = Math.floor((whole % size) / (size === 60 ? 1 : size === 3600 ? 60 : 3600));
  return `${Math.floor(whole / size)} ${large}${rest ? ` ${rest} ${small}` : ""}`;
}

/** "TaskStateEntered" as "Task state entered". */
const inWords = (type) => type.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Whether a text is all there, not cut off for its length. */
const isWhole = (text) => !/\n… of [\d,]+ letters$/.test(text);

const firstLine = (text) => {
  const line = text.trim().split("\n")[0];
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
};


/** An element with attributes and children; strings become text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  // JupyterLab would take Enter and the arrows for its own.
  if (FOCUSED.includes(name)) element.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** JSON with its keys, texts and numbers apart, each a piece of text. */
function coloured(text) {
  const pre = make("pre", { tabindex: 0 });
  if (!/^[[{"]/.test(text)) {
    pre.textContent = text;
    return pre;
  }
  for (const [piece, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[^"]+|"/g)) {
    if (string) {
      pre.append(make("span", { class: colon ? "ws-key" : "ws-string" }, string), colon ?? "");
    } else pre.append(piece);
  }
  return pre;
}
