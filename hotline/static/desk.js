// The workplace: one call in three columns, swapped in place so that the line stays open; drafts as tabs.

import { call, debounce, toast, typing } from "./hotline.js";
import { booking } from "./desk-booking.js";
import { RegistrationForm } from "./desk-form.js";
import { reveals } from "./desk-reveal.js";
import { RiskSheet } from "./desk-sheet.js";

const work = document.querySelector("[data-work]");
const tabs = document.querySelector("[data-tabs]");
const ringing = document.querySelector("[data-ringing]");
const page = (url) => call(url, { accept: "text/html" });
let form = null;
let shownOffer = "";
let lastTalk = "";

function begin(root) {
  const element = root.querySelector("[data-registration]");
  form = element ? new RegistrationForm(element, root, { completed: done(element) }) : null;
  for (const each of root.querySelectorAll("[data-sheet]")) new RiskSheet(each);
  for (const each of root.querySelectorAll("[data-when=phone_booking]")) if (each.querySelector("[data-booking]")) booking(each);
  const related = root.querySelector("[data-related]");
  if (form && related) element.addEventListener("change", debounce(800, () => refreshRelated(related)));
}

const done = (element) => (told) => {
  if (element.dataset.done) location.assign(element.dataset.done);
  else if (told.ref) location.assign(`/calls/${told.ref}`);
  else finished();
};

async function finished() {
  toast("受理单已完成");
  await open(work.dataset.ref);
  document.querySelector("[data-tabs] [data-open]")?.focus();
}

async function refreshRelated(list) {
  const { institution_id, contact_phone, caller_name, content } = form.values();
  try {
    list.innerHTML = await call(list.dataset.url, { method: "POST", body: { institution_id, contact_phone, caller_name, content }, accept: "text/html" });
  } catch {
    // The list stays as it was; it is only a hint.
  }
}

async function open(ref) {
  await form?.save();
  form?.stop();
  try {
    work.innerHTML = await page(`/desk/calls/${ref}/work`);
  } catch (failed) {
    return toast(failed.message, { bad: true });
  }
  work.dataset.ref = ref;
  history.replaceState(null, "", `/desk/?call=${ref}`);
  begin(work);
  work.querySelector("[name=kind]:checked, [name=kind]")?.focus();
  await refreshTabs();
}

async function refreshTabs() {
  tabs.innerHTML = await page(`${tabs.dataset.url}?open=${work.dataset.ref}`);
}

async function ring(offer) {
  if ((offer?.call || "") === shownOffer) return;
  shownOffer = offer?.call || "";
  ringing.hidden = !offer;
  ringing.replaceChildren();
  if (!offer) return;
  const card = await page(`/desk/calls/${offer.call}/card`);
  if (shownOffer === offer.call) ringing.innerHTML = card;
}

async function link(button) {
  try {
    button.closest("[data-related]").innerHTML = await call(button.dataset.link, { method: "POST", accept: "text/html" });
    toast("已关联到工单");
  } catch (failed) {
    toast(failed.message, { bad: true });
  }
}

function tick() {
  for (const each of document.querySelectorAll("time[data-since]")) {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(each.dataset.since)) / 1000));
    each.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  }
  for (const each of document.querySelectorAll("[data-steps]")) {
    const minutes = (Date.now() - Date.parse(each.dataset.since)) / 60_000;
    for (const step of each.children) step.classList.toggle("past", minutes >= Number(step.dataset.minute));
  }
}

async function play(button) {
  button.disabled = true;
  try {
    const response = await fetch(button.dataset.play, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": document.querySelector("meta[name=csrf]").content } });
    if (!response.ok) throw new Error((await response.json()).message);
    const sound = Object.assign(document.createElement("audio"), { controls: true, src: URL.createObjectURL(await response.blob()) });
    button.replaceWith(sound);
    sound.play();
  } catch (failed) {
    button.disabled = false;
    toast(failed.message, { bad: true });
  }
}

reveals(document);
document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-open]");
  if (tab && work) {
    event.preventDefault();
    open(tab.dataset.open);
  }
  const order = event.target.closest("[data-link]");
  if (order) link(order);
  const recording = event.target.closest("[data-play]");
  if (recording) play(recording);
});
document.addEventListener("keydown", (event) => {
  if (!/^[1-6]$/.test(event.key) || event.ctrlKey || event.altKey || typing(event.target)) return;
  document.querySelectorAll("[data-registration] [name=kind]")[Number(event.key) - 1]?.click();
});
document.addEventListener("visibilitychange", () => document.hidden && form?.leave());
addEventListener("pagehide", () => form?.leave());
if (work) {
  document.addEventListener("line", ({ detail }) => {
    const conversation = detail.talk || detail.invited;
    const heard = conversation && !conversation.leads ? conversation : detail.offers[0];
    ring(heard).catch(() => {});
    const talking = conversation?.leads ? conversation.call : "";
    if (talking && talking !== lastTalk && talking !== work.dataset.ref) open(talking);
    lastTalk = talking;
  });
}
document.addEventListener("line-leaving", ({ detail }) => detail.push(form?.save()));
setInterval(tick, 1000);
begin(work || document);
