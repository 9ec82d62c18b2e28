
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

// Quizzes: of each question the first answer that is opened counts, and the last line says how many were right.
const answers = [...document.querySelectorAll("details")].filter((each) => /^[✓✗]/.test(each.querySelector("p")?.textContent ?? ""));
const questions = new Set(answers.map((each) => each.parentElement));
const first = new Map();
const score = document.createElement("p");
score.setAttribute("role", "status");
for (const answer of answers) {
  answer.classList.add("quiz");
  answer.addEventListener("toggle", () => {
    if (!answer.open || first.has(answer.parentElement)) return;
    first.set(answer.parentElement, answer.querySelector("p").textContent.startsWith("✓"));
    const right = [...first.values()].filter(Boolean).length;
    score.textContent = `${right} of ${first.size} right at the first try; ${questions.size - first.size} to go.`;
    answer.parentElement.append(score);
  });
}
