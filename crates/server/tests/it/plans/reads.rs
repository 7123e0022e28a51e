//! How many rows of a table a request reads.

use crate::harness::{Answer, Client, TestServer, eventually};

/// What PostgreSQL counted for one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reads {
    /// Rows passed over by scans of the whole table.
    pub scanned: i64,
    /// Entries taken out of its indexes.
    pub entries: i64,
}

/// What a page may read: its rows, those of the tables beside it, and what authentication looks at. Far below what tests fill in.
const PAGE_MAY_READ: i64 = 1_000;

/// Entries of the log that a search may look through, for the people in them and for the text.
const LOOKED_THROUGH: i64 = 2_000;

impl Reads {
    /// The request read a page and not the table, neither row by row nor by walking through an index.
    #[track_caller]
    pub fn of_a_page(self, what: &str) {
        assert!(self.scanned + self.entries <= PAGE_MAY_READ, "{what}: {self:?}");
    }

    /// The request looked for text in the newest entries of the log, and in no more of them than it may.
    #[track_caller]
    pub fn of_a_search(self, what: &str) {
        assert!(
            self.scanned + self.entries <= 2 * LOOKED_THROUGH + PAGE_MAY_READ,
            "{what}: {self:?}"
        );
    }
}

impl TestServer {
    /// The answer to a GET and what it read of a table. The server must be a quiet one.
    pub async fn reads(&self, client: &Client, table: &str, path: &str) -> (Answer, Reads) {
        let before = self.counted(table).await;
        let answer = client.get(path).await.expect(200);
        let after = self.counted(table).await;
        let reads = Reads {
            scanned: after.scanned - before.scanned,
            entries: after.entries - before.entries,
        };
        (answer, reads)
    }

    /// All that was ever read of a table. Connections report what they counted when they end, so they are ended first.
    async fn counted(&self, table: &str) -> Reads {
        eventually("the server's connections ended", || async {
            let left: i64 = sqlx::query_scalar(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name IN ('inventiv_app', 'inventiv_system')",
            )
            .fetch_one(&self.owner)
            .await
            .unwrap();
            (left == 0).then_some(())
        })
        .await;
        let (scanned, entries) = sqlx::query_as(
            "SELECT seq_tup_read,
                (SELECT COALESCE(sum(i.idx_tup_read), 0)::bigint FROM pg_stat_user_indexes i WHERE i.relid = t.relid)
             FROM pg_stat_user_tables t WHERE t.relid = $1::regclass",
        )
        .bind(table)
        .fetch_one(&self.owner)
        .await
        .unwrap();
        Reads { scanned, entries }
    }
}
