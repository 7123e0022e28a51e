//! One file per command, and the table of them.

mod bench;
mod check;
mod ci;
mod console;
mod dev;
mod generate;
mod run;
mod sqlx_cache;
mod test;

use crate::failure::{Outcome, fail};

struct Command {
    name: &'static str,
    arguments: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "run",
        arguments: "[--demo] [-- <arguments of inventiv serve>]",
        help: "Install what is missing, build the program and start everything",
        run: run::run,
    },
    Command {
        name: "dev",
        arguments: "[-- <arguments of inventiv serve>]",
        help: "The development build; rebuilt and restarted when a file changes",
        run: dev::run,
    },
    Command {
        name: "test",
        arguments: "[rust|web|e2e|sdk …] [-- <arguments of the runner>]",
        help: "Every test, or the named kinds: Rust, console, browser journeys, OpenAI SDKs",
        run: test::run,
    },
    Command {
        name: "e2e",
        arguments: "[-- <arguments of playwright test>]",
        help: "Short for `test e2e`",
        run: test::e2e,
    },
    Command {
        name: "check",
        arguments: "",
        help: "Format, lint, types, dependencies, and whether generated files are fresh",
        run: check::run,
    },
    Command {
        name: "gen",
        arguments: "[--check] [sqlx|openapi|docs|types …]",
        help: "Rewrite every checked-in output, or say which ones are stale",
        run: generate::run,
    },
    Command {
        name: "bench",
        arguments: "[-- <arguments of the comparison>]",
        help: "Measure the gateway against plain nginx, as ratios of one run",
        run: bench::run,
    },
    Command {
        name: "ci",
        arguments: "",
        help: "Install, check and test, as on a clean machine",
        run: ci::run,
    },
    Command {
        name: "help",
        arguments: "",
        help: "Show this",
        run: help,
    },
];

pub fn run(arguments: &[String]) -> Outcome {
    let Some((name, rest)) = arguments.split_first() else {
        return help(&[]);
    };
    let name = match name.as_str() {
        "-h" | "--help" => "help",
        other => other,
    };
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) if rest.iter().any(|argument| argument == "--help" || argument == "-h") => {
            println!("cargo xtask {} {}\n\n{}", command.name, command.arguments, command.help);
            Ok(())
        }
        Some(command) => (command.run)(rest),
        None => {
            help(&[])?;
            fail!("there is no command `{name}`")
        }
    }
}

fn help(_: &[String]) -> Outcome {
    println!("Usage: cargo xtask <command>\n");
    for Command {
        name, arguments, help, ..
    } in COMMANDS
    {
        println!("  {name:<6} {arguments}\n         {help}");
    }
    Ok(())
}

/// What stands before `--` and what stands after it.
fn split_at_dashes(arguments: &[String]) -> (&[String], &[String]) {
    match arguments.iter().position(|argument| argument == "--") {
        Some(position) => (&arguments[..position], &arguments[position + 1..]),
        None => (arguments, &[]),
    }
}

fn expect_none(arguments: &[String]) -> Outcome {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => fail!("`{argument}` is not expected here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn arguments_after_dashes_belong_to_the_program_that_is_run() {
        let all = words("--demo -- --listen 127.0.0.1:0 -- x");
        let (ours, theirs) = split_at_dashes(&all);
        assert_eq!(ours, words("--demo"));
        assert_eq!(theirs, words("--listen 127.0.0.1:0 -- x"));
    }

    #[test]
    fn an_unknown_command_fails() {
        assert!(
            run(&words("no-such-command"))
                .unwrap_err()
                .to_string()
                .contains("no-such-command")
        );
    }
}
