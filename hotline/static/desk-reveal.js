// The eye: a reason first, then the value in full; the server keeps the reason.

import { call, toast } from "./hotline.js";

const HIDE_AFTER_MS = 60_000;

export function reveals(root) {
  root.addEventListener("click", (event) => {
    const eye = event.target.closest("[data-reveal]");
    if (eye) ask(eye);
  });
}

function ask(eye) {
  const over = document.createElement("dialog");
  over.className = "over";
  over.setAttribute("aria-label", "查看完整内容");
  over.innerHTML =
    '<form method="dialog"><header><h2>查看完整内容</h2></header><div class="p-3"><label class="form-label" for="reveal-reason">理由（留痕）</label><input class="form-control border" id="reveal-reason" maxlength="200" required list="reveal-reasons"><datalist id="reveal-reasons"><option value="回拨来电人"></option><option value="核对联系方式"></option><option value="联动处置"></option></datalist><div class="mt-3"><button class="btn btn-primary" value="show">查看</button> <button class="btn btn-outline-secondary" value="" formnovalidate>取消</button></div></div></form>';
  over.addEventListener("close", () => {
    const reason = over.querySelector("input").value.trim();
    over.remove();
    eye.focus();
    if (over.returnValue === "show" && reason) show(eye, reason);
  });
  document.body.append(over);
  over.showModal();
  over.querySelector("input").focus();
}

async function show(eye, reason) {
  const place = document.querySelector(`[data-shown="${eye.dataset.target || eye.dataset.reveal}"]`);
  const masked = place.textContent;
  try {
    const { value } = await call(eye.dataset.url, { method: "POST", body: { field: eye.dataset.reveal, reason } });
    place.textContent = value;
    setTimeout(() => {
      place.textContent = masked;
    }, HIDE_AFTER_MS);
  } catch (failed) {
    toast(failed.message, { bad: true });
  }
}
