//! Settings that the program refuses before it touches anything.

use std::path::Path;
use std::process::Output;

use super::commands::inventiv;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_setting_that_cannot_be_used_names_its_place_and_rule() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let data_dir = directory.path().join("data");
    let run = |environment: &[(&str, &str)], arguments: &[&str]| {
        let mut command = inventiv(Path::new(&data_dir));
        let output = command
            .arg("serve")
            .args(arguments)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        assert!(!output.status.success(), "{environment:?} {arguments:?}");
        said(&output)
    };
    let path = file("path.toml", "public_url = 'https://inventiv.example/console'");
    let switch = file("switch.toml", "mock_request_faults = true\nshutdown_grace = 'soon'");
    let everywhere = [
        "--listen",
        "0.0.0.0:0",
        "--smtp-url",
        "smtp://127.0.0.1:1",
        "--mail-from",
        "a@b.example",
    ];
    let cases = [
        (run(&[], &["--config", &path]), "path.toml: public_url: "),
        (run(&[], &["--config", &path]), "no path"),
        (run(&[], &["--config", &switch]), "switch.toml: shutdown_grace: "),
        (
            run(&[("INVENTIV_SHUTDOWN_GRACE", "soon")], &[]),
            "INVENTIV_SHUTDOWN_GRACE: ",
        ),
        // Empty variables are not set: the file is read in spite of one, and what is refused is its line.
        (
            run(&[("INVENTIV_SHUTDOWN_GRACE", ""), ("INVENTIV_CONFIG", &switch)], &[]),
            "switch.toml: shutdown_grace: ",
        ),
        (
            run(&[("INVENTIV_CONFIG", ""), ("INVENTIV_LISTEN", "8080")], &[]),
            "INVENTIV_LISTEN: ",
        ),
        (run(&[], &["--public-url", "https://inventiv.example?x"]), "no query"),
        (run(&[], &["--trusted-proxies", "10.0.0.0/40"]), "10.0.0.0/40"),
        (
            run(&[], &everywhere),
            "--public-url is required with --smtp-url where --listen is 0.0.0.0:0",
        ),
    ];
    for (said, wanted) in cases {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(!data_dir.exists());
}
