// Keys of the review page. No key decides: the person presses the button.
"use strict";
{
  const all = (selector) => [...document.querySelectorAll(selector)];
  const comment = document.getElementById("comment");
  const keys = document.getElementById("keys");
  const places = { n: [".mark", 1], p: [".mark", -1], j: [".file > summary", 1], k: [".file > summary", -1] };
  const at = {};

  const go = (selector, step) => {
    const found = all(selector);
    if (!found.length) return;
    at[selector] = ((at[selector] ?? (step > 0 ? -1 : 0)) + step + found.length) % found.length;
    const place = found[at[selector]];
    const file = place.closest("details");
    if (file && place.tagName !== "SUMMARY") file.open = true;
    place.scrollIntoView({ block: place.tagName === "SUMMARY" ? "start" : "center" });
    place.focus({ preventScroll: true });
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (event.target === comment && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      document.querySelector(".decision .approve").focus();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    if (places[event.key]) go(...places[event.key]);
    else if (event.key === "c" && comment) comment.focus();
    else if (event.key === "?") keys.showModal();
    else return;
    event.preventDefault();
  });
}
