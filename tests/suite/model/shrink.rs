//! A history that fails, made shorter: steps are left out as long as it still fails.

use super::draw::Style;
use super::step::Step;
use super::{Played, Script, history};

/// Histories that are played for it at most.
const TRIES: usize = 400;

/// What is to be printed about a history that failed.
#[expect(clippy::print_stdout, reason = "a finding is what one waits for")]
pub(super) fn shrink(seed: u64, steps: usize, style: Style, played: Played) -> String {
    let (cuts, weather) = (style.cuts, style.weather.unwrap_or_default());
    let (whole, finding) = (played.steps.len(), played.finding.unwrap_or_default());
    // To make it shorter takes minutes in bad weather.
    println!("seed {seed}: {finding}\nIt is made shorter now.");
    let (steps_left, last) = shorter(seed, style, played.steps, &finding);
    let lines: Vec<String> = (1..)
        .zip(&steps_left)
        .map(|(number, step)| format!("{number:4}. {step}"))
        .collect();
    format!(
        "{finding}\n\nAgain: make soak SEED={seed} STEPS={steps} CUTS={cuts} WEATHER={weather}\nOf its {whole} steps these are enough for: {}\n{}",
        last.unwrap_or_else(|| "nothing: it does not fail again".to_owned()),
        lines.join("\n")
    )
}

/// Leaves out halves, quarters and so on, and at last single steps, as long as what is left fails as `finding` says. Otherwise the end might be
/// about something else than the beginning.
fn shorter(
    seed: u64,
    style: Style,
    mut steps: Vec<Step>,
    finding: &str,
) -> (Vec<Step>, Option<String>) {
    let mut last = history(seed, style, &Script::Given(&steps)).finding;
    let mut tries = 0;
    let mut chunk = steps.len().div_ceil(2);
    while last.is_some() && chunk > 0 && tries < TRIES {
        let mut from = 0;
        let mut is_shorter = false;
        while from < steps.len() && tries < TRIES {
            let to = (from + chunk).min(steps.len());
            let fewer = [&steps[..from], &steps[to..]].concat();
            tries += 1;
            let played = history(seed, style, &Script::Given(&fewer));
            let found = played.finding.as_deref();
            if found.is_some_and(|found| kind(found) == kind(finding)) {
                // What comes after the step that failed was never played.
                (steps, last) = (played.steps, played.finding);
                is_shorter = true;
            } else {
                from = to;
            }
        }
        if !is_shorter || chunk > 1 {
            chunk /= 2;
        }
    }
    (steps, last)
}

/// A finding without the numbers in it: ids and labels are others in a shorter history.
fn kind(finding: &str) -> String {
    finding
        .chars()
        .filter(|letter| !letter.is_ascii_digit())
        .collect()
}
