// Plays an execution: its graph, a moment for each event; the visits of a state, with what each got and gave.
//
// It stands below inspector_film.js. The pictures are images, so no script in them can run; everything
// else that a workflow says is put as text, never as HTML. Nothing is fetched: neither code nor pictures nor fonts.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  first: "M5 4v12M15 4l-7 6 7 6z",
  back: "M13 4l-7 6 7 6z",
  play: "M6 3.5l11 6.5-11 6.5z",
  pause: "M6 4v12M14 4v12",
  on: "M7 4l7 6-7 6z",
  last: "M15 4v12M5 4l7 6-7 6z",
};
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
const RATES = [1, 2, 5, 10, 25, 100];

function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  drawing.setAttribute("viewBox", "0 0 20 20");
  drawing.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
}

class Inspector {
  constructor(root) {
    this.root = root;
    this.sheet = make("div", { class: "ws-sheet" });
    this.stage = make("div", { class: "ws-stage" }, this.sheet);
    this.detail = make("div", { class: "ws-detail", role: "region", "aria-label": "What the state got and gave" });
    this.player = make("div", { class: "ws-player", role: "group", "aria-label": "Replay" });
    this.makePlayer();
    const body = make("div", { class: "ws-body" }, this.stage, make("div", { class: "ws-side" }, this.detail));
    this.spoken = make("div", { class: "ws-spoken", role: "status" }); // where the arrow keys have come to
    this.frame = make("div", { class: "ws-inspector", role: "group" }, body, this.player, this.spoken);
    this.frame.addEventListener("keydown", (event) => this.key(event));
    root.replaceChildren(this.frame);
    this.chosen = null; // a state's number; null follows the replay
    this.picked = null; // a visit's number; null is the one that the state's colour tells of
    this.wished = undefined; // the speed that was chosen
    this.timer = null;
  }

  /** Takes another record, and goes to its last moment. */
  show(record) {
    const chosen = this.record?.states[this.chosen]?.name;
    this.pause();
    this.record = record;
    this.film = new Film(record);
    this.chosen = chosen === undefined ? null : record.states.findIndex((state) => state.name === chosen);
    if (this.chosen === -1) this.chosen = null;
    if (this.picked !== null && record.visits[this.picked]?.state !== this.chosen) this.picked = null;
    this.frame.setAttribute("aria-label", `Inspector of ${record.name}`);
    this.frame.style.setProperty("--wide", record.width);
    this.frame.style.setProperty("--high", record.height);
    this.makeSheet();
    this.frame.classList.toggle("ws-still", record.moments.length < 2);
    this.frame.classList.toggle("ws-wide", record.width > 1.3 * record.height);
    this.slider.max = record.moments.length - 1;
    this.rate = this.wished ?? RATES.find((rate) => record.moments.length / rate <= 30) ?? RATES.at(-1);
    this.speed.value = this.rate;
    this.markTrouble();
    this.go(record.moments.length - 1);
  }

  // The graph

  makeSheet() {
    const { states, width, height } = this.record;
    const names = states.map((state) => state.name).join("\n");
    this.picture ??= make("img", { class: "ws-picture" });
    this.picture.width = width;
    this.picture.height = height;
    if (names !== this.names || !this.buttons) {
      this.names = names;
      this.buttons = states.map((state, number) => {
        const button = make("button", { class: "ws-state", type: "button", onclick: () => this.choose(number) });
        button.title = state.name;
        return button;
      });
      this.sheet.replaceChildren(this.picture, ...this.buttons);
    }
    states.forEach(({ place: [left, top, wide, high] }, number) => {
      const style = this.buttons[number].style;
      style.left = `${(100 * left) / width}%`;
      style.top = `${(100 * top) / height}%`;
      style.width = `${(100 * wide) / width}%`;
      style.height = `${(100 * high) / height}%`;
    });
  }

  choose(number) {
    this.picked = null;
    this.chosen = this.chosen === number ? null : number;
    this.draw();
  }

  key(event) {
    if (event.key === "Escape" && this.chosen !== null) this.choose(this.chosen);
    const from = this.buttons.indexOf(event.target);
    if (from === -1 || !ARROWS[event.key]) return;
    event.preventDefault();
    event.stopPropagation(); // slides would go on
    const to = this.neighbour(from, ARROWS[event.key]);
    if (to === undefined) return;
    if (to !== this.chosen) this.choose(to);
    this.buttons[to].focus();
    this.spoken.textContent = this.buttons[to].getAttribute("aria-label");
  }

  /** The nearest state in a direction: what is aside counts twice. */
  neighbour(from, [right, down]) {
    const middle = ({ place: [left, top, wide, high] }) => [left + wide / 2, top + high / 2];
    const [x, y] = middle(this.record.states[from]);
    const far = this.record.states.map((state) => {
      const [over, below] = middle(state).map((at, axis) => at - [x, y][axis]);
      const ahead = over * right + below * down;
      return ahead > 0 ? ahead + 2 * Math.abs(over * down + below * right) : Infinity;
    });
    const least = Math.min(...far);
    return least < Infinity ? far.indexOf(least) : undefined;
  }

  // The replay

  makePlayer() {
    const press = (name, label, action) => {
      const button = make("button", { type: "button", class: `ws-press ws-${name}`, onclick: action });
      button.append(icon(name));
      button.title = label;
      button.setAttribute("aria-label", label);
      return button;
    };
    const step = (by) => () => {
      this.pause();
      this.go(this.film.at + by);
    };
    this.playing = press("play", "Play", () => (this.timer === null ? this.play() : this.pause()));
    this.slider = make("input", { type: "range", min: 0, step: 1, "aria-label": "Event" });
    this.slider.addEventListener("input", () => {
      this.pause();
      this.go(Number(this.slider.value));
    });
    this.marks = make("div", { class: "ws-marks", "aria-hidden": "true" });
    this.said = make("div", { class: "ws-said", "aria-live": "polite" });
    this.speed = make("select", { "aria-label": "Speed" });
    for (const rate of RATES) this.speed.append(make("option", { value: rate }, `${rate} event${rate > 1 ? "s" : ""}/s`));
    this.speed.addEventListener("change", () => (this.rate = this.wished = Number(this.speed.value)));
    this.player.append(
      make(
        "div",
        { class: "ws-presses" },
        press("first", "To the first event", step(-Infinity)),
        press("back", "One event back", step(-1)),
        this.playing,
        press("on", "One event on", step(1)),
        press("last", "To the last event", step(Infinity)),
      ),
      make("div", { class: "ws-track" }, this.marks, this.slider),
      this.speed,
      this.said,
    );
  }

  /** A mark under the slider wherever something failed. */
  markTrouble() {
    const last = Math.max(1, this.record.moments.length - 1);
    const marks = this.record.moments.flatMap((moment, at) => {
      if (!TROUBLE.test(moment.type)) return [];
      const mark = make("i");
      mark.style.left = `${(100 * at) / last}%`;
      return [mark];
    });
    this.marks.replaceChildren(...marks);
  }

  play() {
    if (this.film.atEnd) this.go(0);
    this.said.setAttribute("aria-live", "off"); // nobody can listen as fast
    this.setPlaying("pause", "Pause");
    const tick = () => {
      if (!this.frame.isConnected) return this.pause();
      this.go(this.film.at + Math.max(1, Math.round(this.rate / 20)));
      if (!this.film.atEnd) this.timer = setTimeout(tick, 1000 / Math.min(this.rate, 20));
      else this.pause();
    };
    this.timer = setTimeout(tick, 1000 / Math.min(this.rate, 20));
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = null;
    this.said.setAttribute("aria-live", "polite");
    this.setPlaying("play", "Play");
  }

  setPlaying(name, label) {
    this.playing.replaceChildren(icon(name));
    this.playing.className = `ws-press ws-${name}`;
    this.playing.title = label;
    this.playing.setAttribute("aria-label", label);
  }

  go(at) {
    this.film.at = Math.min(Math.max(at, 0), this.record.moments.length - 1);
    this.draw();
  }

  // What is seen at a moment

  draw() {
    const { record, film } = this;
    const { moment, picture: drawn, atEnd: last } = film;
    if (drawn !== this.drawn) this.picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawn)}`;
    this.drawn = drawn;
    const running = record.states.filter((_, number) => this.film.statusOf(number) === "running").map((state) => state.name);
    const busy = running.length ? `at work: ${running.join(", ")}` : "no state at work";
    this.picture.alt = last ? record.alt : `${record.name} at event ${moment.id}, ${duration(moment.seconds)}: ${busy}.`;
    const now = last && moment.status !== "running" ? null : moment.state;
    this.buttons.forEach((button, number) => {
      const count = this.film.visitsNow(number).length;
      const status = this.film.statusOf(number);
      const label = `${record.states[number].name}, ${record.states[number].words}: ${
        status ? `${status}, ${count} visit${count > 1 ? "s" : ""}` : "not entered"
      }`;
      if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
      button.setAttribute("aria-pressed", number === this.chosen);
      button.classList.toggle("ws-now", number === now);
    });
    this.drawPlayer(moment);
    this.drawDetail(now);
    this.bringIntoView(this.buttons[now ?? -1]);
  }

  drawPlayer(moment) {
    const where = moment.state === null ? "" : ` · ${this.record.states[moment.state].name}`;
    const said = `Event ${moment.id} of ${this.record.moments.at(-1).id} · ${duration(moment.seconds)}`;
    this.slider.value = this.film.at;
    this.slider.setAttribute("aria-valuetext", `${said}: ${inWords(moment.type)}${where}`);
    this.slider.style.setProperty("--done", `${(100 * this.film.at) / Math.max(1, this.record.moments.length - 1)}%`);
    const what = make("span", { class: TROUBLE.test(moment.type) ? "ws-trouble" : "" }, inWords(moment.type));
    this.said.replaceChildren(make("b", {}, said), " · ", what, where);
  }

  /** The graph's pane follows the replay; the page around it stays where it is. */
  bringIntoView(button) {
    if (!button) return;
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.stage;
    const { offsetTop: top, offsetLeft: left, offsetHeight: high, offsetWidth: wide } = button;
    const seen = (start, length, from, room) => start - 24 >= from && start + length + 24 <= from + room;
    const place = {};
    if (!seen(top, Math.min(high, clientHeight - 48), scrollTop, clientHeight)) place.top = top - clientHeight / 3;
    if (!seen(left, Math.min(wide, clientWidth - 48), scrollLeft, clientWidth)) place.left = left - clientWidth / 3;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || this.rate > 10;
    if (Object.keys(place).length) this.stage.scrollTo({ ...place, behavior: calm ? "auto" : "smooth" });
  }

  // The visits of a state

  drawDetail(now) {
    const shown = this.chosen ?? now;
    if (shown === null) return this.drawWhole();
    const state = this.record.states[shown];
    const visits = this.film.visitsNow(shown);
    const heading = make("h3", {}, state.name);
    const words = make("p", { class: "ws-quiet" }, state.words);
    if (!visits.length) {
      this.detail.replaceChildren(heading, words, make("p", {}, "Not entered yet."));
      return undefined;
    }
    const visit = visits.includes(this.picked) ? this.picked : this.film.tellingVisit(shown);
    this.detail.replaceChildren(heading, words, this.chips(visits, visit), ...this.visitDetails(visit));
    return undefined;
  }

  /** Nothing chosen, nothing going on: the execution as a whole. */
  drawWhole() {
    const { record } = this;
    const { whole } = record;
    const moment = this.film.moment;
    const last = this.film.at === record.moments.length - 1;
    const entered = record.states.map((_, number) => number).filter((number) => this.film.visitsNow(number).length);
    const rows = entered.map((number) => {
      const visits = this.film.visitsNow(number);
      const status = this.film.statusOf(number);
      const took = visits.map((visit) => (this.film.visitNow(visit)[3] ?? moment.seconds) - record.visits[visit].entered);
      const times = visits.length > 1 ? `×${visits.length}, longest ` : "";
      return make(
        "li",
        { onclick: () => this.choose(number) },
        make("span", { class: "ws-chip", "data-status": status, title: status }, GLYPHS[status]),
        make("span", { class: "ws-name" }, record.states[number].name),
        make("span", { class: "ws-quiet" }, `${times}${duration(Math.max(...took))}`),
      );
    });
    const text = (name) => (whole[name] === undefined ? "" : this.block(name, coloured(record.texts[whole[name]])));
    this.detail.replaceChildren(
      make("h3", {}, record.name),
      this.facts(moment.status, [duration(moment.seconds), `${entered.length} of ${record.states.length} states entered`]),
      make("p", { class: "ws-quiet" }, "Choose a state to see what each visit got and gave."),
      make("ul", { class: "ws-overview", "aria-hidden": "true" }, ...rows), // the graph has the same as buttons
      last ? text("error") : "",
      last ? text("cause") : "",
      text("input"),
      last ? text("output") : "",
    );
  }

  chips(visits, shown) {
    if (visits.length === 1) return "";
    const place = visits.indexOf(shown);
    const pick = (visit) => () => {
      this.chosen = this.record.visits[shown].state;
      this.picked = visit === this.film.tellingVisit(this.chosen) ? null : visit;
      this.draw();
      this.detail.querySelector("button[aria-pressed=true]")?.focus(); // another button than the one that was pressed
    };
    const chip = (visit, number) => {
      const [, status] = this.film.visitNow(visit);
      const { item } = this.record.visits[visit];
      const name = item === null ? `RecordedVisit ${number + 1}` : `Item ${item}`;
      const attributes = { type: "button", class: "ws-chip", "data-status": status, onclick: pick(visit) };
      const button = make("button", attributes, `${GLYPHS[status]} ${name.split(" ")[1]}`);
      button.setAttribute("aria-pressed", visit === shown);
      button.setAttribute("aria-label", `${name}: ${status}`);
      button.title = `${name}: ${status}`;
      return button;
    };
    const first = Math.max(0, Math.min(place - 6, visits.length - 14));
    const near = visits.slice(first, first + 14).map((visit, index) => chip(visit, first + index));
    const counted = make("span", { class: "ws-quiet" }, this.record.visits[shown].item === null ? "Visits" : "Items");
    const of = visits.length > 14 ? make("span", { class: "ws-quiet" }, `of ${visits.length}`) : "";
    return make("div", { class: "ws-chips", role: "group", "aria-label": "Visits" }, counted, ...near, of);
  }

  facts(status, more) {
    const pill = make("span", { class: "ws-pill", "data-status": status }, `${GLYPHS[status]} ${status}`);
    return make("p", { class: "ws-facts" }, pill, ...more.map((fact) => make("span", {}, fact)));
  }

  /** One visit: status, times, tries, error, input, output. */
  visitDetails(number) {
    const visit = this.record.visits[number];
    const [, status, tries, left, error, cause, items] = this.film.visitNow(number);
    const { seconds } = this.film.moment;
    const facts = [`at ${duration(visit.entered)}`];
    if (left !== null) facts.push(`took ${duration(left - visit.entered)}`);
    else if (seconds > visit.entered) facts.push(`for ${duration(seconds - visit.entered)} so far`);
    if (tries > 1) facts.push(`${tries} tries`);
    if (items) facts.push(`${items[1]} of ${items[0]} items done`);
    const parts = [this.facts(status, facts)];
    const failures = visit.failures.filter(([at]) => at <= this.film.at);
    if (failures.length > 1 || (failures.length && tries > 1)) {
      parts.push(
        make(
          "ol",
          { class: "ws-tries" },
          ...failures.map(([, name, why]) =>
            make("li", {}, make("b", {}, name), why === null ? "" : ` ${firstLine(this.record.texts[why])}`),
          ),
          tries > failures.length ? make("li", { class: status === "running" ? "" : "ws-good" }, status) : "",
        ),
      );
    } else if (error) parts.push(this.block("Error", make("b", { class: "ws-trouble" }, error)));
    if (error && cause !== null) parts.push(this.block("Cause", coloured(this.record.texts[cause])));
    if (visit.input !== null) {
      const text = this.record.texts[visit.input];
      parts.push(this.block("Input", this.ask && isWhole(text) ? this.fromHere(number, text) : coloured(text)));
    }
    if (left !== null && visit.output !== undefined && visit.output !== null) {
      parts.push(this.block("Output", coloured(this.record.texts[visit.output])));
    }
    return parts;
  }

  /** An input to edit, and a button that runs on from this visit with it. */
  fromHere(number, text) {
    const { state } = this.record.visits[number];
    const draft = (this.drafts ??= {})[number] ?? text;
    const field = make("textarea", { "aria-label": "Input, as JSON", spellcheck: "false", rows: 8 }, draft);
    field.addEventListener("input", () => (this.drafts[number] = field.value));
    const told = make("p", { class: "ws-quiet", role: "status" });
    const go = make("button", { type: "button", class: "ws-go" }, "Run from here");
    go.addEventListener("click", async () => {
      told.className = "ws-quiet";
      go.disabled = true;
      try {
        const asked = { state: this.record.states[state].name, visit: this.film.visitsOf[state].indexOf(number) + 1 };
        told.textContent = "Running: what came before is kept …";
        await this.ask({ ...asked, input: JSON.parse(field.value) });
        told.textContent = "The new execution stands beside this one.";
      } catch (problem) {
        told.className = "ws-trouble";
        told.textContent = problem instanceof SyntaxError ? `This is no JSON: ${problem.message}` : problem.message;
      }
      go.disabled = false;
    });
    return make("div", { class: "ws-from-here" }, field, go, told);
  }

  block(name, ...inside) {
    return make("div", { class: "ws-block" }, make("h4", {}, name), ...inside);
  }
}

/** Puts an inspector into an element; `show(record)` gives it something else to play. */
export function inspect(root, record) {
  const inspector = new Inspector(root);
  inspector.show(record);
  return inspector;
}

/** What anywidget calls. Where a cloud answers, a fork of the execution comes to stand beside it. */
export default {
  render({ model, el }) {
    const [one, other] = [make("div"), make("div")];
    const both = make("div", { class: "ws-both" }, one);
    el.replaceChildren(both);
    const shown = [inspect(one, model.get("record"))];
    const beside = (record) => {
      both.append(other);
      if (shown.length > 1) shown[1].show(record);
      else shown.push(inspect(other, record));
    };
    if (model.get("forks")) {
      shown[0].ask = (asked) =>
        new Promise((done, fail) => {
          const hear = ({ forked, problem }) => {
            model.off("msg:custom", hear);
            if (forked) done(beside(forked));
            else fail(new Error(problem));
          };
          model.on("msg:custom", hear);
          model.send(asked);
        });
      shown[0].draw();
    }
    return () => shown.forEach((inspector) => inspector.pause());
  },
};
