//! Who operates the program reads what it does by itself: each task of its background work has a line in the documents.

use std::path::Path;

use inventiv_server::program::detached;

const TABLE: &str = "docs/operations/background-work.md";

/// Which of the tasks have no row of their name.
fn undocumented<'a>(tasks: impl IntoIterator<Item = &'a str>, document: &str) -> Vec<String> {
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
    tasks
        .into_iter()
        .filter(|task| !rows.iter().any(|row| row.contains(&format!("`{task}`"))))
        .map(|task| format!("the task {task} has no line in {TABLE}: say there what it does, where, and what happens while it is down"))
        .collect()
}

#[test]
fn every_task_is_in_the_documents() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(TABLE);
    let document = std::fs::read_to_string(document).unwrap();
    let tasks = detached().unwrap().background();
    assert!(tasks.len() > 5, "the tasks were found");
    assert_eq!(undocumented(tasks.iter().map(|task| task.name()), &document), [""; 0]);
}

#[test]
fn a_task_without_a_line_is_named() {
    let said = undocumented(
        ["mail", "greetings"],
        "| `mail`, `post` | all | sends mails |\nnot `greetings`",
    );
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("greetings"), "{said:?}");
}
