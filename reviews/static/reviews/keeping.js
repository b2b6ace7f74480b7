// What somebody writes on the desk is saved while they write, where there is a place for it; wherever else, they are asked before they leave it.
// Without a script, the form's own buttons save.
(() => {
  "use strict";
  const form = document.querySelector("#form form");
  if (!form) return;
  const WAIT = 2_000; // milliseconds after the last key
  const MOST = 10_000; // and after the first one, however long somebody goes on
  const LONGEST = 60_000; // between two attempts, when there is no connection
  const state = document.getElementById("kept");
  const { saves, words = "", suffix } = form.dataset;
  const seen = form.elements.namedItem("seen");
  const writes = (element) => element.name && !["hidden", "submit", "button", "file"].includes(element.type);
  const lists = new Set((form.dataset.lists ?? "").split(" "));

  const written = () => {
    const said = {};
    const all = new FormData(form);
    for (const { name } of [...form.elements].filter(writes)) {
      if (lists.has(name)) said[name] = all.getAll(name);
      else if (all.has(name)) said[name] = String(all.get(name)).replaceAll("\r\n", "\n");
    }
    return said;
  };
  const unsaved = () => {
    const now = written();
    return Object.fromEntries(Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(saved[name])));
  };
  const isUnsaved = () => Object.keys(unsaved()).length > 0;
  const say = (told) => {
    if (state.textContent !== told) state.textContent = told; // what is there already is not read out again
  };
  const clock = () => `${new Date().toISOString().slice(11, 16)} UTC`;

  say(words);
  let saved = "unsaved" in form.dataset ? {} : written();
  let isLeaving = false;
  let isOver = !saves; // nothing is saved by itself any more
  let running = null;
  let timer = 0;
  let first = 0; // when the oldest of what is unsaved was typed
  let failures = 0;

  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };

  const keep = (fields, tag) => {
    saved = { ...saved, ...fields };
    const version = /^(?:W\/)?"(\d+)[."]/.exec(tag ?? "")?.[1];
    if (form.dataset.versioned === undefined || !version) return;
    for (const other of document.querySelectorAll('input[name="seen"]')) if (other !== seen && other.value === seen.value) other.value = version;
    seen.value = version;
    for (const [name, value] of Object.entries(fields)) {
      const base = form.elements.namedItem(`base-${name}`);
      if (base) base.value = value;
    }
  };

  const send = async (fields) => {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": form.elements.namedItem("csrfmiddlewaretoken").value };
    if (form.dataset.versioned !== undefined) headers["If-Match"] = `"${seen.value}"`;
    let answer;
    try {
      answer = await fetch(saves, { method: "PATCH", headers, body: JSON.stringify(fields) });
    } catch {
      answer = null;
    }
    if (answer?.ok) {
      keep(fields, answer.headers.get("ETag"));
      failures = 0;
      say(`Saved ${clock()}${suffix}`);
    } else if (answer?.status === 412) {
      const problem = await answer.json().catch(() => ({}));
      isOver = true;
      say(`${problem.changed_by ?? "The system"} saved version ${problem.current_version} first. What you wrote stays here; the button below shows both.`);
    } else if (answer && answer.status < 500 && answer.status !== 429) {
      const problem = await answer.json().catch(() => ({}));
      failures = 0; // it is heard again: what is written next may be taken
      say(`Not saved: ${problem.errors?.[0]?.detail ?? problem.detail ?? "it was refused."} What you wrote stays here.`);
    } else {
      failures += 1;
      say("Not saved: there is no answer. What you wrote stays here, and it is tried again.");
      later(Math.min(WAIT * 2 ** failures, LONGEST));
    }
  };

  const save = async () => {
    clearTimeout(timer);
    const fields = unsaved();
    if (isOver || isLeaving || running || !Object.keys(fields).length) return;
    first = 0;
    running = send(fields);
    await running;
    running = null;
    if (first) onWriting(); // its time came while the words before were on their way
  };

  const onWriting = () => {
    if (isOver) return;
    first ||= Date.now();
    if (!failures) later(Math.min(WAIT, Math.max(0, first + MOST - Date.now())));
  };
  form.addEventListener("input", onWriting);
  form.addEventListener("change", onWriting);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save());

  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (running) {
      // What is under way raises the version that this form says it has seen.
      event.preventDefault();
      const { submitter } = event;
      running.then(() => form.requestSubmit(submitter));
      return;
    }
    isLeaving = true;
  });
  window.addEventListener("pageshow", () => (isLeaving = false));
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && isUnsaved()) event.preventDefault();
  });
})();
