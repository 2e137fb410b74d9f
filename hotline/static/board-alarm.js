// The alarm's sound: only for a crisis and for a broken threshold, again and again while it lasts.
// What is silenced is kept with the person by the server, which is asked before each sound; when it cannot be asked, it sounds.

import { call, toast } from "./hotline.js";

const AGAIN_MS = { crisis: 15_000, connect: 60_000 };
const BEEPS = { crisis: 3, connect: 1 };
const WORDS = { crisis: "危机", connect: "接通率" };

let alarms = [];
let silenced = {};
let heardAt = {};
let audio = null;

const url = () => document.querySelector("[data-board]").dataset.silence;
const sounds = (one) => !silenced[one.kind] || (one.since && Date.parse(one.since) > Date.parse(silenced[one.kind].since));
const active = () => [...new Set(alarms.map((one) => one.kind))];
export const blocked = () => alarms.some(sounds) && (!audio || audio.state === "suspended");

// What alarms now: `kind`, an `id` that tells one from the next, and since when.
export function alarmed(fresh) {
  const known = new Set(alarms.map((one) => one.id));
  alarms = fresh;
  for (const one of fresh) if (!known.has(one.id)) delete heardAt[one.kind];
  sound();
}

async function sound() {
  const due = active().filter((kind) => !(Date.now() - heardAt[kind] < AGAIN_MS[kind]));
  if (!due.length) return;
  for (const kind of due) heardAt[kind] = Date.now();
  await ask();
  const loud = due.filter((kind) => alarms.some((one) => one.kind === kind && sounds(one)));
  if (loud.length) beep(Math.max(...loud.map((kind) => BEEPS[kind])));
}

async function ask() {
  try {
    silenced = await call(url(), { background: true });
  } catch {
    silenced = {};
  }
  show();
}

function beep(times) {
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") return;
    for (let n = 0; n < times; n += 1) {
      const tone = audio.createOscillator();
      tone.frequency.value = 880;
      tone.connect(audio.destination);
      tone.start(audio.currentTime + n * 0.4);
      tone.stop(audio.currentTime + n * 0.4 + 0.2);
    }
  } catch {
    // No sound here; the red band stays.
  }
}

function show() {
  const button = document.querySelector("[data-sound]");
  if (!button) return;
  const quiet = Object.keys(silenced);
  button.setAttribute("aria-pressed", String(quiet.length > 0));
  button.lastElementChild.textContent = quiet.length ? `已静音：${quiet.map((kind) => WORDS[kind]).join("、")}` : "静音警报";
}

async function toggle() {
  const kinds = Object.keys(silenced).length ? [] : active();
  if (!kinds.length && !Object.keys(silenced).length) return toast("现在没有警报。有心理危机来电等待或接通率低于标准时才会响。");
  try {
    silenced = await call(url(), { method: "POST", body: { kinds } });
  } catch (problem) {
    return toast(problem.message, { bad: true });
  }
  show();
  const kept = Object.entries(silenced).map(([kind, { seconds }]) => `${WORDS[kind]}警报静音${Math.ceil(seconds / 60)}分钟`);
  toast(kept.length ? `${kept.join("，")}；新的来电或另一种警报仍会响。` : "警报声已恢复。");
  heardAt = {};
  sound();
}

// A browser gives sound only to a page that was touched once.
const touched = () => (audio ??= new AudioContext()).resume();
addEventListener("pointerdown", touched, { once: true });
addEventListener("keydown", touched, { once: true });
document.querySelector("[data-sound]")?.addEventListener("click", toggle);
setInterval(sound, 1000);
ask();
