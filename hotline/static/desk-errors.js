// What is wrong, beside the field it is wrong with, and once more as a list.

export function clearWrongs(root) {
  for (const each of root.querySelectorAll(".wrong-beside")) each.remove();
  for (const each of root.querySelectorAll(".is-invalid")) {
    each.classList.remove("is-invalid");
    each.removeAttribute("aria-invalid");
  }
}

export function showWrongs(root, fields) {
  clearWrongs(root);
  let first = null;
  for (const [name, words] of Object.entries(fields)) {
    const field = root.querySelector(`[data-error="${name}"]`);
    if (!field) continue;
    const beside = document.createElement("div");
    beside.className = "invalid-feedback d-block wrong-beside";
    beside.textContent = [].concat(words).join("；");
    field.classList.add("is-invalid");
    field.setAttribute("aria-invalid", "true");
    field.after(beside);
    first ??= field.matches("fieldset") ? field.querySelector("input") : field;
  }
  first?.focus();
}

export const words = (fields) => Object.values(fields).flatMap((each) => [].concat(each));
