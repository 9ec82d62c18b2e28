
// The page around the inspector: which executions there are, and what is new about the chosen one.

const at = (id) => document.getElementById(id);
const token = new URLSearchParams(location.search).get("token");
const inspector = new Inspector(at("graph"));
let chosen = ""; // an ARN; "" follows the newest
let version = "";
let latest = null; // the last answer
let rows = []; // of the events that stand in the table

function drawList(state) {
  const shown = chosen || state.executions[0]?.arn;
  at("executions").replaceChildren(
    ...state.executions.map(({ arn, name, machine, status, started, stopped }) => {
      const button = make(
        "button",
        { type: "button", "aria-pressed": arn === shown, onclick: () => choose(arn) },
        make("span", { class: "ws-chip", "data-status": status, title: status }, GLYPHS[status] ?? "•"),
        make("b", {}, machine),
        make("small", {}, duration((stopped ?? state.now) - started)),
        make("small", {}, `${status} · ${name}`),
      );
      return make("li", {}, button);
    }),
  );
  const machines = `${state.machines.length} state machine${state.machines.length === 1 ? "" : "s"}`;
  at("empty").textContent = state.executions.length
    ? state.more ? `and ${state.more} older ones` : ""
    : `Nothing has run yet. This kernel has ${machines}.`;
  const time = new Date(state.now * 1000).toISOString().slice(11, 19);
  at("clock").textContent = `${machines} · virtual time ${time}${state.speed ? `, ${state.speed} times as fast as yours` : ""}`;
}

function choose(arn) {
  chosen = arn;
  at("follow").checked = false;
  if (latest) drawList(latest); // the answer may take a moment
  ask();
}

function drawChosen({ record, timeline, events }) {
  at("chosen").hidden = false;
  inspector.show(record);
  const image = at("timeline");
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(timeline.svg)}`;
  image.alt = timeline.alt;
  image.width = timeline.width;
  image.height = timeline.height;
  const kept = rows.every((row, number) => events[number]?.[0] === row[0]) && rows.length <= events.length;
  if (!kept) {
    at("events").replaceChildren();
    rows = [];
  }
  at("events").append(...events.slice(rows.length).map(drawEvent));
  rows = events;
}

function drawEvent([id, type, state, seconds, short, details]) {
  const what = make("td", { class: TROUBLE.test(type) ? "ws-trouble" : "" }, inWords(type));
  const more = short && make("details", {}, make("summary", {}, short), coloured(details));
  return make("tr", {}, make("td", {}, `${id}`), make("td", {}, duration(seconds)), what, make("td", {}, state), make("td", {}, more));
}

function complain(text) {
  at("gone").textContent = text;
  at("gone").hidden = false;
}

/** Asks the cloud for what is to happen on purpose; its answer. */
async function control(method, path = "", content = undefined) {
  const body = content && JSON.stringify(content);
  const answer = await fetch(`/faults${path}?${new URLSearchParams({ token })}`, { method, body });
  return answer.json();
}

async function drawFaults() {
  const { faults } = await control("GET");
  at("active").replaceChildren(
    ...faults.map(({ number, on, error, delay, corrupt, times, hits }) => {
      const what = error ?? (delay ? `${delay} s late` : corrupt ? "corrupt" : "kill");
      const end = async () => { await control("DELETE", `/${number}`); await drawFaults(); };
      const button = make("button", { type: "button", onclick: end, "aria-label": `End ${what} on ${on}` }, "end");
      return make("li", {}, `${on}: ${what}, ${hits}${times ? ` of ${times}` : ""} `, button);
    }),
  );
}

at("fault").elements.kind.addEventListener("change", ({ target }) => {
  const { value } = at("fault").elements;
  at("value").hidden = !["error", "delay"].includes(target.value);
  value.value = target.value === "delay" ? "90" : "ThrottlingException";
});
at("fault").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { on, kind, value, times } = Object.fromEntries(new FormData(event.target));
  const what = { error: value, delay: Number(value), corrupt: true, kill: true }[kind];
  const answer = await control("POST", "", { on: on.trim(), [kind]: what, times: times ? Number(times) : null });
  at("refused").textContent = answer.message ?? "";
  await drawFaults();
});

const form = () => (at("wide").checked ? "landscape" : "portrait");

let asking = 0;
let timer = null;

/** Asks what is new, shows it, and asks again: sooner while something runs. */
async function ask() {
  clearTimeout(timer);
  const turn = ++asking;
  let wait = 1500;
  try {
    const asked = new URLSearchParams({ token, execution: chosen, seen: version, form: form() });
    const answer = await fetch(`/workshop/state?${asked}`);
    if (turn !== asking) return; // something else was chosen meanwhile
    if (answer.status === 404) {
      chosen = ""; // its state machine was deleted
      at("follow").checked = true;
    } else if (!answer.ok) {
      complain(await answer.text());
      return;
    } else {
      const state = await answer.json();
      latest = state;
      drawList(state);
      if (state.chosen) {
        if (version.split(" ")[0] !== state.chosen.arn) rows = [];
        version = state.chosen.version;
        drawChosen(state.chosen);
      }
      if (at("faults").open) await drawFaults();
      if (state.executions.some(({ status }) => status === "running")) wait = 400;
    }
    at("gone").hidden = true;
  } catch (problem) {
    complain(problem instanceof TypeError ? "The local cloud has ended, and with it this page." : `${problem}`);
  }
  if (turn === asking) timer = setTimeout(ask, document.hidden ? 5000 : wait);
}

at("wide").checked = innerWidth > 1.4 * innerHeight;
at("wide").addEventListener("change", ask);
at("follow").addEventListener("change", () => {
  if (at("follow").checked) chosen = "";
  else chosen = version.split(" ")[0];
  ask();
});
ask();
