// Tries the rules out while they are typed, by the very request that the button would make.
const form = document.getElementById("rules-form");
const tried = document.getElementById("tried");
const PATIENCE = 300; // milliseconds without a key
let waiting = 0;
let asked = new AbortController();

const badge = (tag) => {
  const one = document.createElement("span");
  one.className = "badge";
  one.textContent = tag;
  return one;
};

const show = ({ tags, error }) => {
  if (error) tried.replaceChildren(error);
  else if (tags.length) tried.replaceChildren("Tags: ", ...tags.map(badge));
  else tried.replaceChildren("No rule means this address.");
};

const ask = async () => {
  asked.abort();
  asked = new AbortController();
  if (!form.elements.address.value.trim()) return tried.replaceChildren();
  try {
    const answer = await fetch(form.dataset.try, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
      signal: asked.signal,
    });
    const known = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
    show(known ? await answer.json() : { error: "This cannot be tried now. Load the page again." });
  } catch (error) {
    if (error.name !== "AbortError") show({ error: "The server does not answer." });
  }
};

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, PATIENCE);
});
form.addEventListener("submit", (event) => {
  if (!event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  clearTimeout(waiting);
  ask();
});
