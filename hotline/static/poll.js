// A part of the page that asks for itself again while work goes on: <div id="x" data-poll="url">.
// The answer is the same fragment; without data-poll the work is over.

const EVERY = 2000;

async function again(part) {
  try {
    const response = await fetch(part.dataset.poll, { headers: { "X-Background": "1" }, credentials: "same-origin" });
    if (!response.ok) throw new Error(response.status);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(part.id);
    part.replaceWith(fresh);
    watch(fresh);
  } catch {
    setTimeout(() => again(part), EVERY * 5);
  }
}

function watch(part) {
  if (part?.dataset.poll) setTimeout(() => again(part), EVERY);
}

for (const part of document.querySelectorAll("[data-poll]")) watch(part);
