//! Node's version and the packages of `web/` and `e2e/`.

use crate::failure::{Outcome, fail};
use crate::program::Program;
use crate::stamp::Stamp;
use crate::workspace;

/// What the console's tools ask for.
const WANTED: &str = "Node 20.19 or newer of that line, or 22.12 or newer (nodejs.org)";

/// Says what to install when Node is missing or too old.
pub fn check_node() -> Outcome {
    let Ok(version) = Program::new("node").args(["--version"]).output() else {
        fail!("Node is missing: install {WANTED}");
    };
    if !is_new_enough(&version) {
        fail!("Node {} is too old: install {WANTED}", version.trim());
    }
    Ok(())
}

/// `npm ci`, unless what the lock file says is there already.
pub fn node_packages(directory: &str) -> Outcome {
    check_node()?;
    let inputs = [
        format!("{directory}/package.json"),
        format!("{directory}/package-lock.json"),
    ];
    let stamp = Stamp::of(&format!("npm-{directory}"), &[&inputs[0], &inputs[1]])?;
    // npm writes this file last.
    if stamp.is_fresh(&workspace::path(directory).join("node_modules/.package-lock.json")) {
        println!("      {directory}: packages are up to date");
        return Ok(());
    }
    Program::npm(directory).args(["ci", "--no-audit", "--no-fund"]).run()?;
    stamp.set()
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    match major {
        20 => minor >= 19,
        22 => minor >= 12,
        _ => major > 22,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_20_19_and_22_12_and_newer_are_new_enough() {
        for (version, expected) in [
            ("v20.20.2\n", true),
            ("v20.18.0\n", false),
            ("v18.20.4\n", false),
            ("v21.7.0\n", false),
            ("v22.11.0\n", false),
            ("v22.12.0\n", true),
            ("v24.1.0\n", true),
            ("", false),
        ] {
            assert_eq!(is_new_enough(version), expected, "{version}");
        }
    }
}
