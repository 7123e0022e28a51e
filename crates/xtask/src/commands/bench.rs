//! `cargo xtask bench`: speed, as ratios to nginx in the same run.

use std::path::{Path, PathBuf};

use super::{console, expect_none, split_at_dashes};
use crate::failure::{Failure, Outcome};
use crate::install::{self, Need};
use crate::program::{self, Program};
use crate::workspace;

pub fn run(arguments: &[String]) -> Outcome {
    let (ours, theirs) = split_at_dashes(arguments);
    expect_none(ours)?;
    let nginx = nginx()?;
    install::system_packages(&[Need::PostgreSql])?;
    console::build()?;
    let packages = ["--package", "inventiv-cli", "--package", "bench"];
    Program::cargo().args(["build", "--release"]).args(packages).run()?;
    let programs = workspace::target().join("release");
    Program::new(programs.join("inventiv-bench"))
        .args([Path::new("compare"), Path::new("--programs"), &programs])
        .args([Path::new("--nginx"), &nginx])
        .args(theirs)
        .run()
}

/// It is not installed by itself: where systemd runs, the package would start a web server.
fn nginx() -> Outcome<PathBuf> {
    let outside_path = || Some(PathBuf::from("/usr/sbin/nginx")).filter(|path| path.is_file());
    program::find("nginx")
        .or_else(outside_path)
        .ok_or_else(|| Failure::new("install nginx first, on Debian and Ubuntu: sudo apt-get install nginx".to_owned()))
}
