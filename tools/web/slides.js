// Starts a deck. A slide's words are as large as they fit; what a page of output has beyond its place is scrolled.

const SIZES = [1.35, 1.25, 1.15, 1.05, 1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6];
const MEASURED = "display:block;visibility:hidden;position:absolute;width:1280px;height:720px";
const fits = (box) => box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth;
const whole = (fit) => [fit, ...fit.querySelectorAll(":scope > :is(.code, .text) pre")].every(fits);
for (const section of document.querySelectorAll(".slides section section")) {
  for (const each of [section.parentElement, section]) each.style.cssText = MEASURED;
  const fit = section.querySelector(".fit");
  const shrinks = fit.querySelector(":scope > :is(.picture, .page)"); // else there is nothing that wants the room
  for (const size of shrinks ? SIZES.slice(4) : SIZES) {
    fit.style.setProperty("--size", size);
    if (whole(fit)) break;
  }
  for (const page of fit.querySelectorAll(":scope > .page:not(.film)")) {
    for (const size of SIZES.slice(0, -3)) {
      page.style.zoom = size;
      if (fits(page)) break;
    }
    page.classList.toggle("more", !fits(page));
  }
  for (const each of [section.parentElement, section]) each.style.cssText = "";
}
Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0,
  center: false,
  navigationMode: "linear",
  transition: "none",
  hash: true,
  slideNumber: "c/t",
  defaultTiming: 60,
  plugins: [RevealNotes],
});
