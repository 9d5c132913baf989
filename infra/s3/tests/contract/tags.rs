//! Object tags.

use aws_sdk_s3::types::{Tag, Tagging};

use super::target::{Target, code};

async fn tags(target: &Target) -> Vec<(String, String)> {
    let found = target
        .client
        .get_object_tagging()
        .bucket(&target.bucket)
        .key("k")
        .send()
        .await
        .expect("tags");
    let mut tags: Vec<_> = found
        .tag_set()
        .iter()
        .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect();
    tags.sort_unstable();
    tags
}

fn tagging(pairs: &[(&str, &str)]) -> Tagging {
    let tags = pairs.iter().map(|(key, value)| {
        Tag::builder()
            .key(*key)
            .value(*value)
            .build()
            .expect("a tag")
    });
    Tagging::builder()
        .set_tag_set(Some(tags.collect()))
        .build()
        .expect("tags")
}

pub(crate) async fn tags_are_kept_replaced_and_removed(target: Target) {
    let put = target.put_object("k").body(b"x".to_vec().into());
    put.tagging("stage=new&label=a%20b")
        .send()
        .await
        .expect("put");
    assert_eq!(
        tags(&target).await,
        [
            ("label".into(), "a b".into()),
            ("stage".into(), "new".into())
        ]
    );
    let replace = target
        .client
        .put_object_tagging()
        .bucket(&target.bucket)
        .key("k");
    replace
        .tagging(tagging(&[("stage", "deleted")]))
        .send()
        .await
        .expect("tagged");
    assert_eq!(tags(&target).await, [("stage".into(), "deleted".into())]);
    target
        .client
        .delete_object_tagging()
        .bucket(&target.bucket)
        .key("k")
        .send()
        .await
        .expect("untagged");
    assert!(tags(&target).await.is_empty());
    assert_eq!(target.get("k").await, "x");
}

pub(crate) async fn invalid_tags_are_refused(target: Target) {
    target.put("k", "x").await;
    let twice = target
        .client
        .put_object_tagging()
        .bucket(&target.bucket)
        .key("k");
    let twice = twice
        .tagging(tagging(&[("a", "1"), ("a", "2")]))
        .send()
        .await;
    assert_eq!(code(twice), "InvalidTag");
    let long = "v".repeat(257);
    let too_long = target
        .client
        .put_object_tagging()
        .bucket(&target.bucket)
        .key("k");
    assert_eq!(
        code(too_long.tagging(tagging(&[("a", &long)])).send().await),
        "InvalidTag"
    );
    assert!(tags(&target).await.is_empty());
}
