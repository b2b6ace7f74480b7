// A claim that is missing is pointed at: the words selected in the article, counted in code points as the server counts them.
(() => {
  "use strict";
  const article = document.querySelector(".article-text[data-starts]");
  const bar = document.getElementById("selected-words");
  const form = document.querySelector(".missed form");
  if (!article || !bar || !form) return;

  const starts = article.dataset.starts.split(" ").map(Number);
  const paragraphs = [...article.querySelectorAll(":scope > p")];
  const { words: field, start: first, end: last, occurrence, text } = form.elements;

  // What stands there in the article: the numbers of its claims are no part of it.
  const wordsOf = (range) => {
    const part = range.cloneContents();
    part.querySelectorAll(".place").forEach((number) => number.remove());
    return part.textContent;
  };
  const points = (words) => [...words].length;

  // Of one paragraph, what lies within the selection: where it starts in the article's text, and its words.
  const within = (selected, paragraph, index) => {
    const part = document.createRange();
    part.selectNodeContents(paragraph);
    const before = part.cloneRange();
    if (selected.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(selected.startContainer, selected.startOffset);
    if (selected.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(selected.endContainer, selected.endOffset);
    before.setEnd(part.startContainer, part.startOffset);
    return { start: starts[index] + points(wordsOf(before)), words: wordsOf(part) };
  };

  const selection = () => {
    const found = document.getSelection();
    if (!found.rangeCount || found.isCollapsed) return null;
    const range = found.getRangeAt(0);
    // Who selects the last paragraph selects to the beginning of what comes behind the article.
    if (!article.contains(range.startContainer) && !article.contains(range.endContainer)) return null;
    const parts = paragraphs
      .map((paragraph, index) => (range.intersectsNode(paragraph) ? within(range, paragraph, index) : null))
      .filter((part) => part?.words);
    if (!parts.length) return null;
    // Between paragraphs stand line feeds alone.
    let words = "";
    for (const part of parts) words += "\n".repeat(words ? part.start - parts[0].start - points(words) : 0) + part.words;
    const start = parts[0].start + points(words) - points(words.trimStart());
    words = words.trim();
    return words ? { start, end: start + points(words), words } : null;
  };

  document.addEventListener("selectionchange", () => {
    bar.hidden = selection() === null;
  });
  bar.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays
  // Whoever has just selected words of a link does not want to be led away by it.
  article.addEventListener("click", (event) => {
    if (event.target.closest("a") && selection()) event.preventDefault();
  });

  bar.querySelector("button").addEventListener("click", () => {
    const found = selection();
    if (!found) return;
    form.closest("details").open = true;
    [field.value, first.value, last.value, occurrence.value] = [found.words, found.start, found.end, ""];
    text.focus();
  });
  // Whoever writes other words means wherever those stand.
  field.addEventListener("input", () => {
    [first.value, last.value] = ["", ""];
  });
})();
