//! What changes or locks something says so in its signature: it takes a `WriteTx`. In the `ReadTx` of another caller the database would
//! refuse it, but only when that caller comes along.

use super::sources::Source;

const CHANGES: &[&str] = &[
    "INSERT INTO",
    "DELETE FROM",
    " SET ",
    "FOR UPDATE",
    "FOR NO KEY UPDATE",
    "FOR SHARE",
    "FOR KEY SHARE",
];

/// The functions that change something in a transaction that may be for looking only.
pub fn faults(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in sources {
        for function in text.split("fn ").skip(1) {
            let (signature, body) = function.split_once('{').unwrap_or((function, ""));
            let name = signature.split(['(', '<']).next().unwrap_or_default();
            if signature.contains("&mut TenantTx")
                && let Some(change) = CHANGES.iter().find(|change| body.contains(**change))
            {
                faults.push(format!(
                    "{path}: {name} has {:?} and takes TenantTx: take &mut WriteTx",
                    change.trim()
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::sources::sources;
    use super::*;

    #[test]
    fn what_changes_something_takes_a_transaction_for_changing() {
        let sources = sources();
        let looking = sources.iter().filter(|(_, text)| text.contains("tx: &mut TenantTx"));
        assert!(looking.count() > 10, "functions that look are found");
        assert_eq!(faults(&sources), [""; 0]);
    }

    #[test]
    fn a_change_in_a_transaction_for_looking_is_found() {
        let text = "pub async fn rename(tx: &mut TenantTx, id: Uuid) -> Result<()> { sqlx::query!(\"UPDATE models SET name = $1\") }\n\
                    pub async fn hold(tx: &mut WriteTx) -> Result<()> { sqlx::query!(\"SELECT 1 FROM models FOR UPDATE\") }\n";
        let found = faults(&[("server/src/features/models/store.rs".to_owned(), text.to_owned())]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("rename") && found[0].contains("WriteTx"), "{found:?}");
    }
}
