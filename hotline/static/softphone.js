// The agent's line: shows what the server says, sends what the agent does, and keeps the telephone itself.
// Every page that includes _line.html loads it. It tells the page with a `line` event (detail: the view).

import { call, toast } from "./hotline.js";
import { AWAY, telephoneFor } from "./telephone.js";
import { chooseTarget, keys } from "./transfer.js";

const root = document.querySelector("[data-line]");
const at = (name) => root.querySelector(`[data-line-${name}]`);
const button = (name) => root.querySelector(`[data-line-do="${name}"]`);
const BEAT_MS = 10_000;
const POLL_MS = 3_000;
const OVERTAKEN_MS = 10_000; // an answer that much older was overtaken; one older still comes from a clock set back

const MINE = "line-stint"; // the conversation whose telephone this window is

let view = null;
let skew = 0;
let telephone = null;
let streamAlive = false;

// The telephone ------------------------------------------------------------------------------------

async function pickUp() {
  if (telephone) return telephone;
  const needs = await call("/desk/line/telephone");
  telephone = telephoneFor(needs);
  return telephone;
}

// Dial in for a call that was taken; if the telephone does not come, the caller is not left waiting for it.
async function dialIn(stint) {
  try {
    sessionStorage.setItem(MINE, stint);
    await (await pickUp()).connect({ stint: String(stint) });
  } catch {
    telephone = null;
    show(await post("give-back"));
    throw new Error(`${AWAY}来电人已退回队列最前，恢复后请按“就绪”。`);
  }
}

// After a reload the telephone of this window goes on, if its conversation does: it tells so at once.
async function resume(talk) {
  if (telephone || !talk?.dialled_in || sessionStorage.getItem(MINE) !== String(talk.stint)) return;
  try {
    await (await pickUp()).beat();
  } catch {
    at("told").textContent = AWAY;
  }
}

// A window that is closed hangs up: the caller is not left in silence until the network notices.
addEventListener("pagehide", () => {
  if (view?.talk || view?.invited) telephone?.leave();
});
addEventListener("pageshow", (event) => event.persisted && telephone?.beat().catch(() => {}));

// Showing ------------------------------------------------------------------------------------------

const now = () => Date.now() + skew;
const clock = (from) => {
  const seconds = Math.max(0, Math.floor((now() - Date.parse(from)) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const two = (n) => String(n).padStart(2, "0");
  return (hours ? `${hours}:` : "") + `${two(minutes)}:${two(seconds % 60)}`;
};
const lasting = (seconds) => clock(new Date(now() - seconds * 1000).toISOString());

function show(fresh) {
  const older = view ? Date.parse(view.now) - Date.parse(fresh.now) : 0;
  if (older > 0 && older < OVERTAKEN_MS) return;
  const before = view;
  view = fresh;
  skew = Date.parse(view.now) - Date.now();
  root.dataset.state = view.state;
  at("label").textContent = view.label;
  at("waiting").textContent = view.waiting.count;
  at("longest").textContent = lasting(view.waiting.longest);
  const ringing = view.offers[0];
  const talk = view.talk || view.invited;
  const shown = talk || ringing;
  at("call").hidden = !shown;
  root.dataset.crisis = String(Boolean(shown?.crisis));
  if (shown) {
    at("name").textContent = shown.crisis ? `⚠ ${shown.line}` : shown.line;
    at("caller").textContent = shown.caller;
    at("path").textContent = shown.path ? `按键 ${shown.path}` : "";
  }
  showOthers(talk);
  resume(talk);
  const invited = view.invited && !view.invited.dialled_in && view.invited.part !== "agent";
  button("answer").hidden = !(ringing || invited);
  const leads = Boolean(view.talk?.leads);
  const talks = view.talk && ["agent", "consulted"].includes(view.talk.part);
  const stays = view.talk?.others.some((other) => other.state === "talking" && other.part !== "barge");
  for (const name of ["hold", "three", "recording"]) button(name).hidden = !leads;
  for (const name of ["mute", "finish"]) button(name).hidden = !talks;
  button("leave").hidden = !view.talk || (talks && !stays);
  button("transfer").hidden = !leads || view.talk.others.length > 0;
  button("wrapped").hidden = view.state !== "wrap_up";
  button("ready").hidden = !["offline", "break"].includes(view.state);
  at("hold").textContent = view.talk?.held ? "恢复" : "保持";
  at("recording").textContent = view.talk?.unrecorded ? "继续录音" : "暂停录音";
  button("recording").setAttribute("aria-pressed", String(Boolean(view.talk?.unrecorded)));
  if (talk?.stint !== (before?.talk || before?.invited)?.stint) button("mute").setAttribute("aria-pressed", "false");
  button("hand").setAttribute("aria-pressed", String(view.hand));
  tick();
  if (ringing && ringing.id !== before?.offers[0]?.id) ring(ringing);
  tellUnreached(before);
  root.dispatchEvent(new CustomEvent("line", { detail: view, bubbles: true }));
}

// Who else is in the conversation or on the way; whom the agent asked in can be taken out again.
function showOthers(talk) {
  const box = at("others");
  const told = JSON.stringify([talk?.others, talk?.leads]);
  if (box.dataset.told === told) return;
  box.dataset.told = told;
  box.replaceChildren(...(talk?.others || []).map((other) => person(other, talk.leads)));
}

function person({ name, state, part, stint }, leads) {
  const chip = document.createElement("span");
  const calling = state !== "talking";
  chip.className = `chip ${calling ? "chip-soon" : "chip-info"}`;
  chip.append(`＋${name}${calling ? "（呼叫中）" : ""}`);
  if (!leads || part === "barge" || part === "agent") return chip;
  const out = document.createElement("button");
  Object.assign(out, { type: "button", className: "btn btn-sm btn-link", textContent: calling ? "取消" : "请出", title: "Alt+X" });
  Object.assign(out.dataset, { lineDo: "put-out", stint: stint ?? "", key: "Alt+x", keyLabel: "取消呼叫、请出对方" });
  chip.append(out);
  return chip;
}

// Nobody came: the caller is back, and the agent learns why.
function tellUnreached(before) {
  const missed = view.talk?.unreached;
  if (!missed || before?.talk?.stint !== view.talk.stint || before.talk.unreached?.id === missed.id) return;
  at("told").textContent = missed.words;
  toast(missed.words, { bad: true });
  sound(440);
}

function tick() {
  if (!view) return;
  at("since").textContent = clock(view.since);
  const talk = view.talk || view.invited;
  if (talk) at("time").textContent = clock(talk.connected_at || talk.claimed_at);
  else if (view.offers[0]) at("time").textContent = `等待 ${clock(view.offers[0].queued_at)}`;
}

function ring(offer) {
  at("told").textContent = `来电：${offer.line} ${offer.caller}`;
  if (document.hidden && Notification?.permission === "granted") new Notification(`来电：${offer.line}`);
  sound(offer.crisis ? 880 : 620);
}

function sound(pitch) {
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.08;
    tone.frequency.value = pitch;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.4);
  } catch {
    // A browser without sound still shows the call.
  }
}

// Doing --------------------------------------------------------------------------------------------

const post = (verb, body = {}) => call(`/desk/line/${verb}`, { method: "POST", body });

const verbs = {
  ready: () => post("state", { state: "ready" }),
  offline: () => post("state", { state: "offline" }),
  break: (target) => post("state", { state: "break", reason: target.dataset.reason }),
  async answer() {
    if (view.invited) {
      await dialIn(view.invited.stint);
      return call("/desk/line");
    }
    const answered = await post("answer", { offer: view.offers[0].id });
    show(answered);
    if (answered.goto) {
      location.assign(answered.goto);
      return null;
    }
    await dialIn(answered.stint);
    return null;
  },
  hold: () => post("hold", { on: !view.talk.held }),
  async mute(target) {
    const on = target.getAttribute("aria-pressed") !== "true";
    await (await pickUp()).mute(on);
    target.setAttribute("aria-pressed", String(on));
  },
  recording: () => post("recording", { on: view.talk.unrecorded }),
  transfer: () => transfer("warm"),
  three: () => transfer("three_way"),
  "put-out": (target) => post("put-out", target.dataset.stint ? { stint: Number(target.dataset.stint) } : {}),
  async leave() {
    await written();
    return post("leave");
  },
  finish: () => post("finish"),
  wrapped: () => post("wrapped"),
  hand: () => post("hand", { on: !view.hand }),
};

async function perform(target) {
  if (target.disabled) return;
  target.disabled = true;
  at("told").textContent = "";
  try {
    const fresh = await verbs[target.dataset.lineDo](target);
    if (fresh?.state) show(fresh);
  } catch (problem) {
    at("told").textContent = problem.message;
    toast(problem.message, { bad: true });
    refresh();
  } finally {
    target.disabled = false;
  }
}

async function transfer(how) {
  const chosen = await chooseTarget(at("targets"), how);
  if (!chosen) return null;
  if (chosen.how === "blind") await written();
  return post("transfer", chosen);
}

// What stands in the form goes along with the caller: the page saves it first.
function written() {
  const waits = [];
  root.dispatchEvent(new CustomEvent("line-leaving", { detail: waits, bubbles: true }));
  return Promise.all(waits);
}

// Keeping up ---------------------------------------------------------------------------------------

// One question at a time; what changes while it is on its way is asked for after it.
let asking = null;
let outdated = false;
function refresh() {
  outdated = true;
  asking ??= catchUp();
  return asking;
}

async function catchUp() {
  try {
    while (outdated) {
      outdated = false;
      show(await call("/desk/line", { background: true }));
    }
  } catch {
    at("told").textContent = "与服务器的连接中断，正在重试…";
  } finally {
    asking = null;
  }
}

function listen() {
  const stream = new EventSource("/desk/line/stream");
  stream.addEventListener("changed", () => {
    streamAlive = true;
    refresh();
  });
  stream.addEventListener("ended", () => stream.close());
  stream.onerror = () => {
    streamAlive = false;
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 15_000);
  };
}

root.addEventListener("click", (event) => {
  const target = event.target.closest("[data-line-do]");
  if (target) perform(target);
});
keys(at("targets"));
setInterval(tick, 1000);
setInterval(() => streamAlive || refresh(), POLL_MS);
setInterval(refresh, 5 * POLL_MS);
setInterval(() => {
  if (view?.state !== "offline") {
    post("beat").catch(() => {});
    telephone?.beat().then(() => at("told").textContent === AWAY && (at("told").textContent = ""), () => (at("told").textContent = AWAY));
  }
}, BEAT_MS);
listen();
refresh();
