// While the page of an item of evidence is being stored, its card is looked at again: as "Look again" does it, but in place.
(() => {
  "use strict";
  const WAITS = [1, 2, 3, 5, 8, 13, 20, 30, 60]; // seconds; the last one for ever
  const pending = () => [...document.querySelectorAll("[data-pending]")];
  let looks = 0;

  const replace = (old, fresh) => {
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(fresh);
    if (hadFocus) fresh.focus();
  };

  const look = async () => {
    const cards = pending();
    if (document.visibilityState === "visible") {
      const answer = await fetch(cards[0].dataset.pending).catch(() => null);
      if (answer?.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const card of cards) {
          const fresh = page.getElementById(card.id);
          if (!fresh || fresh.querySelector(".copy").textContent === card.querySelector(".copy").textContent) continue;
          replace(card, fresh);
          document.getElementById("watched").textContent = `${fresh.querySelector("h3").textContent}: ${fresh.querySelector(".copy").innerText}`;
        }
        // What can be done may rest on it.
        const [actions, now] = [document, page].map((one) => one.getElementById("actions"));
        if (!pending().length && now && !actions.contains(document.activeElement)) actions.replaceWith(now);
      }
    }
    again();
  };

  const again = () => {
    if (pending().length) setTimeout(look, 1000 * WAITS[Math.min(looks++, WAITS.length - 1)]);
  };
  again();
})();
