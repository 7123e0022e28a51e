//! Nothing decides by the text of a path: who may come, and under which limits, belongs to a surface (`program/surfaces.rs`), and what a
//! handler accepts stands in its signature.

use super::sources::Source;

/// Reads a path for another reason: the name of a model may hold a slash, and answers name the address that was asked for.
const READERS: &[&str] = &[
    "server/src/features/gateway/http.rs",
    "server/src/plumbing/edge/request_id.rs",
];

/// What is wrong with who looks at addresses.
pub fn faults(sources: &[Source]) -> Vec<String> {
    let looks =
        |text: &str| text.contains(".uri().path()") || text.contains(".uri.path()") || text.contains("MatchedPath");
    let mut faults = Vec::new();
    for (path, text) in sources {
        let is_surface = path.starts_with("server/src/program/");
        if path.starts_with("server/src/") && !is_surface && looks(text) && !READERS.contains(&path.as_str()) {
            faults.push(format!(
                "{path} looks at the path of a request: give the route another surface, or its handler another extractor"
            ));
        }
    }
    for reader in READERS {
        if !sources.iter().any(|(path, text)| path == reader && looks(text)) {
            faults.push(format!(
                "{reader} is listed and does not look at a path: take it off the list"
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::sources::sources;
    use super::*;

    #[test]
    fn nothing_decides_by_the_text_of_a_path() {
        assert_eq!(faults(&sources()), [""; 0]);
    }

    #[test]
    fn a_look_at_a_path_is_found() {
        let mut sources = sources();
        let text = "if request.uri().path().starts_with(\"/v1/\") {}".to_owned();
        sources.push(("server/src/features/sessions/authentication.rs".to_owned(), text));
        let found = faults(&sources);
        assert!(
            found.len() == 1 && found[0].contains("authentication.rs looks"),
            "{found:?}"
        );
    }
}
