// Calling back from the page: the telephone rings the caller; hanging up is the same button.

import { call, toast } from "./hotline.js";
import { telephoneFor } from "./telephone.js";

const BEAT_MS = 10_000;
const told = document.querySelector("[data-told]");
let telephone = null;
let calling = null;

async function dial(button) {
  const { call_back } = await call(button.dataset.dial, { method: "POST" });
  telephone ??= telephoneFor(await call("/desk/line/telephone"));
  await telephone.connect({ call_back });
  calling = button;
  button.lastChild.textContent = " 挂断";
  told.textContent = "正在呼叫来电人，您在小休·回拨外呼状态；通话后请登记结果，再到工作台按“就绪”。";
}

async function hangUp() {
  await telephone.hangUp();
  calling.lastChild.textContent = " 呼叫";
  calling = null;
  told.textContent = "已挂断，请登记结果。";
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-dial]");
  if (!button || (calling && calling !== button)) return;
  button.disabled = true;
  try {
    await (calling ? hangUp() : dial(button));
  } catch (failed) {
    toast(failed.message, { bad: true });
  } finally {
    button.disabled = false;
  }
});
setInterval(() => {
  if (!telephone) return;
  call("/desk/line/beat", { method: "POST", body: {}, background: true }).catch(() => {});
  telephone.beat().catch(() => {});
}, BEAT_MS);
