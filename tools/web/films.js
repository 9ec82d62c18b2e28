
// Inspectors of slides and of the site. It stands below draw/inspector.js: one module goes to the browser.

/** Puts an inspector where a film waits, as soon as it is near what is seen. */
const starting = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      starting.unobserve(target);
      inspect(target, JSON.parse(target.querySelector("script").textContent));
    }
  },
  { rootMargin: "400px" },
);
for (const film of document.querySelectorAll(".ws-film")) starting.observe(film);
