//! A file of tests that `main.rs` doesn't name is never compiled, and nobody misses what it would have found.

use std::path::Path;

/// Which of the names next to `main.rs` it doesn't declare.
fn undeclared(main: &str, names: &[String]) -> Vec<String> {
    let declared: Vec<&str> = main
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    names
        .iter()
        .filter(|name| !declared.contains(&name.as_str()))
        .map(|name| format!("tests/it/{name} is never run: add `mod {name};` to tests/it/main.rs"))
        .collect()
}

#[test]
fn every_file_of_tests_is_run() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = std::fs::read_to_string(directory.join("main.rs")).unwrap();
    let names: Vec<String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "main")
        .collect();
    assert_eq!(undeclared(&main, &names), [""; 0]);
}

#[test]
fn a_forgotten_file_is_named() {
    let names = ["api_keys", "greetings"].map(str::to_owned);
    let said = undeclared("mod api_keys;\n", &names);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("mod greetings;"), "{said:?}");
}
