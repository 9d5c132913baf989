//! `ListObjectsV2`.

use super::target::Target;

async fn keys(target: &Target) -> Vec<String> {
    let listed = target.list_objects().send().await.expect("list");
    listed
        .contents()
        .iter()
        .filter_map(|object| object.key().map(str::to_owned))
        .collect()
}

pub(crate) async fn keys_are_listed_in_byte_order(target: Target) {
    let mut expected = vec!["B", "a", "a!", "a/b", "a0", "é", "影", "😀"];
    for key in expected.iter().rev() {
        target.put(key, "x").await;
    }
    expected.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    assert_eq!(keys(&target).await, expected);
}

pub(crate) async fn pages_continue_without_gap_or_repeat(target: Target) {
    let expected: Vec<String> = (0..25).map(|number| format!("p/{number:02}")).collect();
    for key in &expected {
        target.put(key, "x").await;
    }
    target.put("other", "x").await;
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let page = target.list_objects().prefix("p/").max_keys(10);
        let page = page
            .set_continuation_token(token)
            .send()
            .await
            .expect("a page");
        found.extend(
            page.contents()
                .iter()
                .filter_map(|object| object.key().map(str::to_owned)),
        );
        assert_eq!(page.key_count(), i32::try_from(page.contents().len()).ok());
        token = page.next_continuation_token().map(str::to_owned);
        assert_eq!(page.is_truncated(), Some(token.is_some()));
        if token.is_none() {
            break;
        }
    }
    assert_eq!(found, expected);
}

pub(crate) async fn deleted_objects_are_not_listed(target: Target) {
    target.put("gone", "x").await;
    target.put("here", "x").await;
    target.delete_object("gone").send().await.expect("delete");
    assert_eq!(keys(&target).await, ["here"]);
}
