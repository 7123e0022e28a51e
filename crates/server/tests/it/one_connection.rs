//! Servers whose pools hold one connection each: whoever held one and waited for another would wait for itself. The matrix runs on
//! such pools, too.

use futures_util::future::join_all;
use inventiv_server::plumbing::db::PoolSizes;
use serde_json::json;

use crate::harness::{TestServer, fresh_database};

const INVITATIONS: &str = "/organizations/current/invitations";
const AT_ONCE: usize = 40;

pub const ONE_EACH: PoolSizes = PoolSizes { app: 1, system: 1 };

#[tokio::test]
async fn many_invitations_are_sent_again_at_once_and_nobody_else_waits_for_them() {
    let server = TestServer::start_on(fresh_database().await, ONE_EACH, |_| {}).await;
    let mut owner = server.person("olivia").await;
    server.organization(&mut owner, "Acme").await;
    let stranger = server.person("sam").await;
    let emails: Vec<String> = (0..AT_ONCE).map(|number| format!("p{number}@example.test")).collect();
    let made = owner
        .client
        .post(INVITATIONS, json!({"emails": emails, "role": "user"}))
        .await
        .expect(201);
    let ids: Vec<&str> = made.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["invitation"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), AT_ONCE);

    let resend = async |id: &str| {
        let path = format!("{INVITATIONS}/{id}/resend");
        owner.client.post(&path, json!({})).await.status
    };
    let (statuses, read) = tokio::join!(
        join_all(ids.iter().map(|id| resend(id))),
        stranger.client.get("/auth/me")
    );
    assert_eq!(statuses, [200; AT_ONCE]);
    read.expect(200);

    // One invitation has its limit, and whoever is over it hears that.
    let (mut statuses, read) = tokio::join!(
        join_all((0..AT_ONCE).map(|_| resend(ids[0]))),
        stranger.client.get("/auth/me")
    );
    statuses.sort_unstable();
    let sent = statuses.iter().take_while(|status| **status == 200).count();
    // It was sent again once above.
    assert_eq!((sent, &statuses[sent..]), (4, &[429; AT_ONCE - 4][..]));
    read.expect(200);
    server.stop().await;
}
