//! Numbered steps with their times: what is going on, for a person who waits.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};

pub struct Steps {
    expected: usize,
    started: Instant,
    done: Vec<(String, Duration)>,
    failures: Vec<String>,
}

impl Steps {
    /// `expected`: how many steps will follow.
    pub fn new(expected: usize) -> Self {
        Self {
            expected,
            started: Instant::now(),
            done: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// A step that the next ones don't need: when it fails they run all the same, and [`Self::verdict`] names it.
    pub fn attempt(&mut self, name: &str, act: impl FnOnce() -> Outcome) {
        if let Err(failure) = self.step(name, act) {
            eprintln!("      {failure}");
            self.failures.push(format!("{name}: {failure}"));
        }
    }

    /// Fails when an attempt did.
    pub fn verdict(&self) -> Outcome {
        match self.failures.as_slice() {
            [] => Ok(()),
            failures => Err(Failure::new(failures.join("\n"))),
        }
    }

    pub fn step<T>(&mut self, name: &str, act: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        let number = self.done.len() + 1;
        println!(
            "\n[{number}/{}] {name}   (at {})",
            self.expected.max(number),
            text(self.started.elapsed())
        );
        let begun = Instant::now();
        let outcome = act();
        let took = begun.elapsed();
        let word = if outcome.is_ok() { "done" } else { "FAILED" };
        println!("      {word} in {}", text(took));
        self.done.push((name.to_owned(), took));
        outcome
    }

    /// A table of all steps, for the end.
    pub fn summary(&self) -> String {
        let width = self
            .done
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0)
            .max(5);
        let mut table = String::new();
        for (name, took) in &self.done {
            let _ = writeln!(table, "  {name:<width$}  {:>8}", text(*took));
        }
        let _ = write!(table, "  {:<width$}  {:>8}", "Total", text(self.started.elapsed()));
        table
    }
}

/// `0.4 s`, `12 s`, `3 min 05 s`
fn text(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_person_would_say_them() {
        assert_eq!(text(Duration::from_millis(420)), "0.4 s");
        assert_eq!(text(Duration::from_secs(12)), "12 s");
        assert_eq!(text(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn attempts_go_on_after_a_failure_and_the_verdict_names_it() {
        let mut steps = Steps::new(2);
        steps.attempt("first", || Err(Failure::new("no")));
        steps.attempt("second", || Ok(()));
        assert_eq!(steps.verdict().unwrap_err().to_string(), "first: no");
        assert!(steps.summary().contains("second"));
        assert!(Steps::new(0).verdict().is_ok());
    }

    #[test]
    fn the_summary_names_every_step_and_a_failed_step_fails() {
        let mut steps = Steps::new(2);
        steps.step("first", || Ok(())).unwrap();
        let failed: Outcome = steps.step("second", || Err(Failure::new("no")));
        assert_eq!(failed.unwrap_err().to_string(), "no");
        let summary = steps.summary();
        assert!(summary.contains("first") && summary.contains("second") && summary.contains("Total"));
    }
}
