// A visit booked beside the call: the days that can be booked follow from the hospital.

import { call, toast } from "./hotline.js";
import { Combo } from "./desk-combo.js";
import { clearWrongs, showWrongs } from "./desk-errors.js";

export function booking(root) {
  const form = root.querySelector("[data-booking]");
  const booked = root.querySelector("[data-booked]");
  new Combo(form.querySelector("[data-combo]"), { taken: (hospital) => showWindow(form, hospital) });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearWrongs(form);
    const told = form.querySelector("[data-told]");
    const body = Object.fromEntries([...form.elements].filter((each) => each.name).map((each) => [each.name, each.value]));
    try {
      booked.innerHTML = await call(form.action, { method: "POST", body, accept: "text/html" });
      told.textContent = "";
      form.reset();
      toast("预约已登记");
    } catch (failed) {
      told.textContent = failed.message;
      showWrongs(form, failed.told.fields || {});
    }
  });
  booked.addEventListener("click", async (event) => {
    const target = event.target.closest("[data-cancel]");
    if (!target) return;
    const body = { version: Number(target.dataset.version), reason: "PATIENT", call: target.dataset.call };
    try {
      booked.innerHTML = await call(target.dataset.cancel, { method: "POST", body, accept: "text/html" });
      toast("预约已取消");
    } catch (failed) {
      toast(failed.message, { bad: true });
    }
  });
}

async function showWindow(form, hospital) {
  const told = form.querySelector("[data-window-told]");
  try {
    const days = await call(`${form.dataset.window}?institution_id=${hospital.id}`);
    const day = form.elements.visit_day;
    [day.min, day.max] = [days.first, days.last];
    told.textContent = days.first ? `现在可约 ${days.first} 至 ${days.last}${days.cancellable ? "" : "；这家医院的预约不能取消，请告知对方"}` : "现在没有可约日期";
  } catch (failed) {
    told.textContent = failed.message;
  }
}
