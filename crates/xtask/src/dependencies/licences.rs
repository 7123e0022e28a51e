//! Licences, as SPDX expressions.

use std::collections::BTreeSet;

/// One sentence per package whose licence neither `allowed` nor its own exception satisfies. Lines of `tree`: `name version (…)|expression (*)`.
pub fn problems(tree: &str, allowed: &[String], exceptions: &[(String, String)]) -> Vec<String> {
    let allowed_for = |package: &str| {
        let name = package.split_whitespace().next().unwrap_or_default();
        let own = exceptions.iter().filter(move |(excepted, _)| excepted == name);
        let mut allowed = allowed.to_vec();
        allowed.extend(own.map(|(_, licence)| licence.clone()));
        allowed
    };
    let packages: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| line.trim_end().trim_end_matches(" (*)").split_once('|'))
        .collect();
    packages
        .into_iter()
        .filter(|(package, expression)| !is_satisfied(expression, &allowed_for(package)))
        .map(|(package, expression)| match expression {
            "" => format!("{package} states no licence"),
            _ => format!("{package} is licensed under {expression}, which deny.toml does not allow"),
        })
        .collect()
}

fn is_satisfied(expression: &str, allowed: &[String]) -> bool {
    // `MIT/Apache-2.0` is how OR was written before SPDX.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = tokens.as_slice();
    let satisfied = any_of(&mut rest, allowed);
    satisfied && rest.is_empty()
}

fn any_of(rest: &mut &[&str], allowed: &[String]) -> bool {
    let mut satisfied = all_of(rest, allowed);
    while accept(rest, "OR") {
        satisfied |= all_of(rest, allowed);
    }
    satisfied
}

fn all_of(rest: &mut &[&str], allowed: &[String]) -> bool {
    let mut satisfied = one(rest, allowed);
    while accept(rest, "AND") {
        satisfied &= one(rest, allowed);
    }
    satisfied
}

fn one(rest: &mut &[&str], allowed: &[String]) -> bool {
    if accept(rest, "(") {
        let satisfied = any_of(rest, allowed);
        return accept(rest, ")") && satisfied;
    }
    let Some((licence, others)) = rest.split_first() else {
        return false;
    };
    *rest = others;
    let mut full = (*licence).to_owned();
    if accept(rest, "WITH")
        && let Some((exception, others)) = rest.split_first()
    {
        *rest = others;
        full = format!("{full} WITH {exception}");
    }
    allowed.contains(&full)
}

fn accept(rest: &mut &[&str], token: &str) -> bool {
    match rest.split_first() {
        Some((first, others)) if *first == token => {
            *rest = others;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(expression: &str) -> bool {
        is_satisfied(expression, &["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned))
    }

    #[test]
    fn expressions_are_satisfied_as_spdx_says() {
        for expression in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0/Apache-2.0",
            "(GPL-3.0 OR MIT) AND Unicode-3.0",
            "MIT AND (Apache-2.0 OR GPL-3.0)",
            "Apache-2.0 WITH LLVM-exception OR MIT",
        ] {
            assert!(allows(expression), "{expression}");
        }
        for expression in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR Apache-2.0) AND GPL-3.0",
            "Apache-2.0 WITH LLVM-exception",
            "(MIT",
            "MIT)",
            "MIT MIT",
        ] {
            assert!(!allows(expression), "{expression}");
        }
    }

    #[test]
    fn a_package_is_named_once_however_often_the_tree_shows_it() {
        let tree = "a v1.0.0|MIT\nb v1.0.0|GPL-3.0\nb v1.0.0|GPL-3.0 (*)\nc v1.0.0|\n\n";
        let problems = problems(tree, &["MIT".to_owned()], &[]);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("b v1.0.0 is licensed under GPL-3.0"));
        assert_eq!(problems[1], "c v1.0.0 states no licence");
    }

    #[test]
    fn an_exception_is_for_its_package_alone() {
        let tree = "a v1.0.0|MPL-2.0\nb v1.0.0|MPL-2.0\n";
        let exceptions = [("a".to_owned(), "MPL-2.0".to_owned())];
        let problems = problems(tree, &["MIT".to_owned()], &exceptions);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("b v1.0.0"));
    }
}
