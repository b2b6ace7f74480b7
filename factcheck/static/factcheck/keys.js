// Keys for what every page can do without them: they press its own links and buttons. None counts in a field, nor with Ctrl, Alt or Meta.
(() => {
  "use strict";
  const ROWS = "#result_list tbody tr, .article-claims li[id], [data-row]";
  const PLACES = ".article-text :is(mark.focused, mark a, a.other-claim)";
  const ACTIONS = "#actions :is(a.button, button), .actions button.button, .button-row :is(a.button, button)";
  const TICK = "input:is([type=checkbox], [type=radio])";

  const isField = (element) =>
    element.isContentEditable || (element.matches("input, select, textarea") && !element.matches("[type=checkbox], [type=radio], [type=submit], [type=button]"));

  const list = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  const rowOf = (element) => element.closest(ROWS);

  const focus = (element) => {
    if (!element.matches("a, button, input, [tabindex]")) element.tabIndex = -1;
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  };

  const step = (selector, by) => {
    const all = list(selector);
    const here = all.findIndex((element) => element.contains(document.activeElement));
    const next = here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by;
    if (all[next]) focus(all[next]);
    return all.length > 0;
  };

  const present = () => {
    const row = rowOf(document.activeElement);
    return row === document.activeElement ? row : null;
  };

  // A choice that was made keeps the focus, so that Enter sends its form.
  const press = (element) => {
    if (element?.type === "radio") element.focus();
    element?.click();
    return Boolean(element);
  };

  let asked = document.body; // from where the sheet was opened

  // What does the same on every page: whether there is anything here that it could do, and doing it.
  const shared = {
    j: [() => list(ROWS).length, () => step(ROWS, 1)],
    k: [() => list(ROWS).length, () => step(ROWS, -1)],
    Enter: [() => list(ROWS).some((row) => row.querySelector("a[href]")), () => press(present()?.querySelector("a[href]"))],
    x: [() => list(ROWS).some((row) => row.querySelector(TICK)), () => press(rowOf(document.activeElement)?.querySelector(TICK))],
    a: [() => list(ACTIONS).length, () => list(ACTIONS).slice(0, 1).some((first) => (focus(first), true))],
    "[": [() => list(PLACES).length, () => step(PLACES, -1)],
    "]": [() => list(PLACES).length, () => step(PLACES, 1)],
    "/": [() => list("#searchbar").length, () => list("#searchbar").some((field) => (field.focus(), true))],
    "?": [
      () => list("#keys").length,
      () => {
        const sheet = document.getElementById("keys");
        sheet.open = !sheet.open;
        if (sheet.open) asked = document.activeElement;
        (sheet.open ? sheet.querySelector("summary") : asked).focus();
        return true;
      },
    ],
  };

  // Buttons that name their key. In a row they are its own; above a list they act on what is ticked, else on the row that is focused.
  const named = () => list("[data-key]").filter((element) => !element.disabled);

  const ownOf = (key) => {
    const found = named().filter((element) => element.dataset.key === key);
    const row = rowOf(document.activeElement);
    return found.find((element) => row?.contains(element)) ?? found.find((element) => !rowOf(element));
  };

  const decide = (button) => {
    const ticked = list(`#result_list tbody ${TICK}:checked`);
    const box = rowOf(document.activeElement)?.querySelector(TICK);
    if (!ticked.length && !box) return false;
    if (!ticked.length) box.click();
    return press(button);
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (isField(event.target)) return;
    const own = ownOf(event.key);
    let isDone = false;
    if (own) isDone = own.closest(".actions") ? decide(own) : press(own);
    else if (Object.hasOwn(shared, event.key)) isDone = shared[event.key][1]();
    if (isDone) event.preventDefault();
  });

  // The sheet tells what there is on this page, at this moment.
  const words = (element) => {
    const said = (element.labels?.[0] ?? element).cloneNode(true);
    said.querySelectorAll("kbd, input").forEach((each) => each.remove());
    return said.textContent.trim();
  };

  document.getElementById("keys")?.addEventListener("toggle", ({ target: sheet }) => {
    if (!sheet.open) return;
    const lines = sheet.querySelector("dl");
    lines.querySelectorAll(".own").forEach((line) => line.remove());
    for (const line of lines.children) line.hidden = !shared[line.dataset.for][0]();
    const told = new Map(named().map((element) => [element.dataset.key, words(element)]));
    for (const [key, said] of [...told].reverse()) {
      const line = lines.firstElementChild.cloneNode(true);
      line.querySelector("kbd").textContent = key;
      line.querySelector("dd").textContent = said;
      line.className = "own";
      line.hidden = false;
      lines.prepend(line);
    }
  });

  // Whoever has decided on a row is led back to the next one, and whoever has not, to the same. The rows are known by their keys.
  const PLACE = "the place in " + location.pathname;
  const keyOf = (row) => row.querySelector("input[name=_selected_action]")?.value ?? row.id;

  document.addEventListener("submit", ({ target: form }) => {
    if (form.matches(".undo")) {
      sessionStorage.setItem(PLACE, JSON.stringify({ decided: [keyOf(form)], undecided: [] }));
      return;
    }
    const rows = list(ROWS);
    const acted = rowOf(form) ? [rowOf(form)] : rows.filter((row) => row.querySelector(`${TICK}:checked`));
    if (!acted.length || !(rowOf(form) || form.id === "changelist-form")) return;
    const here = rows.indexOf(acted[0]);
    const onwards = [...rows.slice(here + 1), ...rows.slice(0, here).reverse()].filter((row) => !acted.includes(row));
    sessionStorage.setItem(PLACE, JSON.stringify({ decided: onwards.map(keyOf), undecided: acted.map(keyOf) }));
  });

  const place = JSON.parse(sessionStorage.getItem(PLACE));
  if (place) {
    const rows = new Map(list(ROWS).map((row) => [keyOf(row), row]));
    const key = place[document.querySelector(".messagelist .success") ? "decided" : "undecided"].find((each) => rows.has(each));
    // The page that asks first has the same address, and none of the rows.
    if (key) {
      sessionStorage.removeItem(PLACE);
      focus(rows.get(key));
    }
  }
})();
