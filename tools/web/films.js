
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
for (const answer of answers) answer.classList.add("quiz");
/** The first or the last answer of the same question. */
const end = (answer, side) => (answer[side]?.matches("details.quiz") ? end(answer[side], side) : answer);
const questions = new Set(answers.map((each) => end(each, "previousElementSibling")));
const tried = new Map();
const score = document.createElement("p");
score.setAttribute("role", "status");
for (const answer of answers) {
  const question = end(answer, "previousElementSibling");
  answer.addEventListener("toggle", () => {
    if (!answer.open || tried.has(question)) return;
    tried.set(question, answer.querySelector("p").textContent.startsWith("✓"));
    const right = [...tried.values()].filter(Boolean).length;
    score.textContent = `${right} of ${tried.size} right at the first try; ${questions.size - tried.size} to go.`;
    end(answer, "nextElementSibling").after(score);
  });
}
