// Keys for what every page can do without them: they press its own links and buttons. None counts in a field, nor with Ctrl, Alt or Meta.
(() => {
  "use strict";
  const ROWS = "#result_list tbody tr, [data-row]";
  const PLACES = ".article-text :is(mark.focused, mark a, a.other-claim)";
  const ACTIONS = "#actions :is(a.button, button), .actions button.button, .button-row :is(a.button, button)";

  const isField = (element) =>
    element.isContentEditable || (element.matches("input, select, textarea") && !element.matches("[type=checkbox], [type=submit], [type=button]"));

  const list = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.offsetParent !== null);

  const focus = (element) => {
    if (!element.matches("a, button, input, [tabindex]")) element.tabIndex = -1;
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  };

  const step = (selector, by) => {
    const all = list(selector);
    if (!all.length) return false;
    const here = all.findIndex((element) => element.contains(document.activeElement));
    const next = here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by;
    if (all[next]) focus(all[next]);
    return true;
  };

  const present = () => {
    const row = document.activeElement.closest(ROWS);
    return row === document.activeElement ? row : null;
  };

  const press = (element) => (element ? (element.click(), true) : false);

  const pages = {
    "?": () => {
      const sheet = document.getElementById("keys");
      if (!sheet) return false;
      sheet.open = !sheet.open;
      sheet.querySelector("summary").focus();
      return true;
    },
    j: () => step(ROWS, 1),
    k: () => step(ROWS, -1),
    "]": () => step(PLACES, 1),
    "[": () => step(PLACES, -1),
    Enter: () => press(present()?.querySelector("a[href]")),
    x: () => press(document.activeElement.closest(ROWS)?.querySelector("input[type=checkbox]")),
    a: () => {
      const [first] = list(ACTIONS);
      return first ? (focus(first), true) : false;
    },
    "/": () => {
      const search = document.getElementById("searchbar");
      return search ? (search.focus(), true) : false;
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (isField(event.target)) return;
    const own = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === event.key);
    const isDone = own ? press(own) : Object.hasOwn(pages, event.key) && pages[event.key]();
    if (isDone) event.preventDefault();
  });
})();
