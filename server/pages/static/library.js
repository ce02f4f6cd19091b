// Sends the file with a bar that tells how far it is, and reads the server's lines on how far the import is.
const form = document.getElementById("import-form");
const box = document.getElementById("progress");
const title = document.getElementById("progress-title");
const bar = document.getElementById("progress-bar");
const words = document.getElementById("progress-words");
const outcome = document.getElementById("outcome");
const said = document.getElementById("said");
const PAUSE = 5000; // milliseconds between two things that a screen reader says
const COUNTS = JSON.parse(outcome.dataset.counts); // names in the lines, and what people call them
const count = document.getElementById("count");
let total = Number(count.dataset.count);
let lastSaid = 0;

const number = (count) => count.toLocaleString("en");

const make = (tag, text = "", className = "") => {
  const one = document.createElement(tag);
  one.textContent = text;
  if (className) one.className = className;
  return one;
};

const say = (text, { always = false } = {}) => {
  if (!always && Date.now() - lastSaid < PAUSE) return;
  lastSaid = Date.now();
  said.textContent = text;
};

const tell = (part, text) => {
  if (part === null) bar.removeAttribute("value");
  else bar.value = Math.round(part * 100);
  words.textContent = text;
  say(part === null ? text : `${Math.round(part * 100)} %. ${text}`);
};

const phase = (text) => {
  title.textContent = text;
  say(text, { always: true });
};

const troubleOf = ({ line, refused, reason, url }) => {
  const row = make("li", `${refused ? "Refused" : "Note"}, line ${line}: ${reason} `);
  if (url) row.append(make("code", url));
  return row;
};

const end = (heading, problem, last) => {
  bar.hidden = true;
  words.textContent = "";
  form.querySelector("button").disabled = false;
  outcome.replaceChildren();
  if (problem) {
    const note = make("div", "", "note bad");
    note.append(make("p", problem));
    outcome.append(note);
  }
  if (last?.links) {
    const list = make("dl", "", "counts");
    for (const [name, label] of COUNTS) {
      const pair = make("div");
      pair.append(make("dt", label), make("dd", number(last[name])));
      list.append(pair);
    }
    outcome.append(list);
  }
  if (last?.troubles?.length) {
    const list = make("ul", "", "list");
    list.append(...last.troubles.map(troubleOf));
    outcome.append(make("h4", "Not everything could be kept"), list);
    if (last.more) outcome.append(make("p", `And ${number(last.more)} more.`));
  }
  if (last) {
    total += last.created;
    count.textContent = number(total);
  }
  title.textContent = heading;
  const summary = last?.links ? `${number(last.created)} new of ${number(last.links)} links.` : "";
  say([heading, problem, summary].filter(Boolean).join(". "), { always: true });
  title.focus();
};

const send = () => {
  const request = new XMLHttpRequest();
  let read = 0;
  let last = null;

  const take = () => {
    const whole = request.responseText.lastIndexOf("\n") + 1;
    for (const line of request.responseText.slice(read, whole).split("\n").filter(Boolean)) last = JSON.parse(line);
    if (whole > read && !last.done) tell(last.part, `${number(last.links)} links so far, ${number(last.created)} new`);
    read = whole;
  };

  const isOurs = () => (request.getResponseHeader("Content-Type") ?? "").startsWith("application/x-ndjson");

  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/x-ndjson");
  request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
    tell(lengthComputable ? loaded / total : null, `${number(Math.ceil(loaded / 1024))} KiB sent`);
  });
  request.upload.addEventListener("load", () => {
    phase("Taking it in");
    tell(null, "The file is there.");
  });
  request.addEventListener("progress", () => {
    if (isOurs()) take();
  });
  request.addEventListener("load", () => {
    if (isOurs()) take();
    if (last?.done) return end(last.problem ? "The import stopped" : "Imported", last.problem, last);
    if (last) return end("The import stopped", "The answer broke off. Sending the file again completes the import.", last);
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const why = page.querySelector(".error") ?? page.querySelector("main p");
    end("Nothing was taken in", why?.textContent.trim() || "Load the page again.", null);
  });
  request.addEventListener("error", () => {
    const problem = last
      ? "The connection is gone. The import goes on without it; sending the file again tells what it lacks."
      : "The connection is gone before the file was sent.";
    end("The connection is gone", problem, last);
  });

  form.querySelector("button").disabled = true;
  outcome.replaceChildren();
  bar.hidden = false;
  box.hidden = false;
  phase("Sending the file");
  tell(0, "");
  request.send(new FormData(form));
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
