//! `PATCH /users/{user_id}`.

use futures_util::future::join;
use serde_json::{Value, json};

use crate::harness::stack::ADMIN;
use crate::harness::{Client, TestStack};

const MINUTE_MS: i64 = 60 * 1000;

/// A stack with user 1, who is an administrator by their role.
async fn with_admin() -> (TestStack, Client) {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    make_admin(&stack, 1).await;
    (stack, user)
}

async fn make_admin(stack: &TestStack, id: i64) {
    stack.user(id).get("/me").await.ok();
    let path = format!("/users/{id}");
    let given = stack
        .admin()
        .patch(&path, json!({"role": "admin"}))
        .await
        .ok();
    assert_eq!(given["role"], "admin");
    stack.clock.advance(MINUTE_MS);
}

#[tokio::test]
async fn a_role_is_given_and_taken_within_a_minute() {
    let (stack, user) = with_admin().await;
    user.get("/users").await.ok();
    user.get("/image-files/stats/summary?scope=all").await.ok();
    let taken = stack
        .admin()
        .patch("/users/1", json!({"role": "user"}))
        .await
        .ok();
    assert_eq!(taken["role"], "user");
    stack.clock.advance(MINUTE_MS);
    user.get("/users").await.problem(403, "forbidden");
    let stats = user.get("/image-files/stats/summary?scope=all").await;
    stats.problem(403, "forbidden");
}

#[tokio::test]
async fn an_administrator_cannot_change_themselves_so_one_is_always_left() {
    let (_stack, user) = with_admin().await;
    for change in [json!({"role": "user"}), json!({"disabled": true})] {
        user.patch("/users/1", change)
            .await
            .problem(409, "own_account");
    }
    // What changes nothing is no change.
    let same = json!({"role": "admin", "disabled": false});
    user.patch("/users/1", same).await.ok();
    user.get("/users").await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_administrators_who_keep_each_other_out_at_once_one_is_left() {
    let (stack, one) = with_admin().await;
    make_admin(&stack, 2).await;
    let two = stack.user(2);
    for change in [json!({"disabled": true}), json!({"role": "user"})] {
        for _ in 0..10 {
            let (first, second) = join(
                one.patch("/users/2", change.clone()),
                two.patch("/users/1", change.clone()),
            )
            .await;
            let done = [&first, &second].map(|answer| answer.status.as_u16());
            assert!(
                [[200, 401], [200, 403], [401, 200], [403, 200]].contains(&done),
                "{done:?}"
            );
            let back = json!({"disabled": false, "role": "admin"});
            for path in ["/users/1", "/users/2"] {
                stack.admin().patch(path, back.clone()).await.ok();
            }
            stack.clock.advance(MINUTE_MS);
        }
    }
}

#[tokio::test]
async fn who_was_an_administrator_a_moment_ago_changes_nobody_any_more() {
    let (stack, user) = with_admin().await;
    stack.user(2).get("/me").await.ok();
    // Its function knows the caller as an administrator.
    user.patch("/users/2", json!({})).await.ok();
    // Another process of the function takes the role away.
    let other = stack.meter("update-user").await;
    other
        .admin()
        .patch("/users/1", json!({"role": "user"}))
        .await
        .ok();
    let late = user.patch("/users/2", json!({"disabled": true})).await;
    late.problem(403, "forbidden");
    assert_eq!(stack.user(2).get("/me").await.ok()["disabled"], false);
}

#[tokio::test]
async fn whom_the_token_makes_an_administrator_can_be_kept_out_and_changes_nobody_then() {
    let (stack, user) = with_admin().await;
    stack.admin().patch("/users/1", json!({})).await.ok();
    let other = stack.meter("update-user").await;
    let path = format!("/users/{ADMIN}");
    other
        .user(1)
        .patch(&path, json!({"disabled": true}))
        .await
        .ok();
    // The function of the first one does not know it yet, and the table does.
    let late = stack
        .admin()
        .patch("/users/1", json!({"disabled": true}))
        .await;
    late.problem(403, "forbidden");
    stack.clock.advance(MINUTE_MS);
    stack.admin().get("/me").await.problem(401, "user_disabled");
    user.get("/users").await.ok();
}

#[tokio::test]
async fn a_user_that_there_is_not_is_not_found_and_is_not_made() {
    let stack = TestStack::start().await;
    let admin = stack.admin();
    for id in ["12345", "9007199254740991"] {
        let answer = admin
            .patch(&format!("/users/{id}"), json!({"disabled": true}))
            .await;
        answer.problem(404, "not_found");
    }
    for id in ["0", "-1", "1.5", "9007199254740992", "somebody"] {
        let answer = admin.patch(&format!("/users/{id}"), json!({})).await;
        answer.refuses(&["user_id"]);
    }
}

#[tokio::test]
async fn only_a_role_and_disabled_can_be_changed() {
    let stack = TestStack::start().await;
    stack.user(1).get("/me").await.ok();
    for (change, field) in [
        (json!({"role": "owner"}), "role"),
        (json!({"role": null}), "role"),
        (json!({"role": "unknown"}), "role"),
        (json!({"disabled": "yes"}), "disabled"),
        (json!({"disabled": null}), "disabled"),
        (json!({"name": "x"}), "name"),
        (json!({"id": 2}), "id"),
    ] {
        let answer = stack.admin().patch("/users/1", change).await;
        answer.refuses(&[field]);
    }
    let none = stack.admin().patch("/users/1", json!({})).await.ok();
    assert_eq!(
        (&none["role"], &none["disabled"]),
        (&json!("user"), &Value::from(false))
    );
}
