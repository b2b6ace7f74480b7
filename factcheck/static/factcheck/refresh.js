// Where a page says that it shows something under way, that part is asked for again until it says so no more. Without a script there is a link.
(() => {
  "use strict";
  const SELECTOR = "[data-refresh-seconds]";

  const again = async () => {
    const shown = document.querySelector(SELECTOR);
    if (!shown) return;
    if (document.hidden) return wait(); // nobody looks
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = answer.ok && page.getElementById(shown.id);
      // Whoever reads or types in it is not interrupted.
      if (fresh && !shown.contains(document.activeElement)) shown.replaceWith(fresh);
    } catch {
      // The server is away: the next look tells.
    }
    wait();
  };

  const wait = () => {
    const shown = document.querySelector(SELECTOR);
    if (shown) setTimeout(again, 1000 * Number(shown.dataset.refreshSeconds));
  };

  wait();
})();
