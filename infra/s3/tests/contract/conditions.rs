//! `If-Match`, `If-None-Match` and dates.

use aws_sdk_s3::primitives::DateTime;
use futures_util::future::join_all;

use super::target::{Target, code, status};

pub(crate) async fn if_none_match_star_writes_only_once(target: Target) {
    let put = |text: &'static str| {
        let put = target.put_object("once").if_none_match("*");
        put.body(text.as_bytes().to_vec().into()).send()
    };
    put("first").await.expect("the first");
    assert_eq!(code(put("second").await), "PreconditionFailed");
    assert_eq!(target.get("once").await, "first");
}

pub(crate) async fn of_many_conditional_writers_one_wins(target: Target) {
    let writers = (0..16).map(|number| {
        let put = target.put_object("race").if_none_match("*");
        put.body(format!("writer {number}").into_bytes().into())
            .send()
    });
    let outcomes = join_all(writers).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let refused = outcomes
        .into_iter()
        .filter(Result::is_err)
        .map(status)
        .collect::<Vec<_>>();
    // S3 answers 409 to a writer that lost while the winner was still under way.
    assert!(
        refused.iter().all(|status| matches!(status, 409 | 412)),
        "{refused:?}"
    );
}

pub(crate) async fn a_deleted_key_can_be_written_conditionally(target: Target) {
    target.put("back", "one").await;
    target.delete_object("back").send().await.expect("delete");
    let put = target.put_object("back").if_none_match("*");
    put.body(b"two".to_vec().into())
        .send()
        .await
        .expect("nothing is there");
    assert_eq!(target.get("back").await, "two");
}

pub(crate) async fn reads_honour_their_conditions(target: Target) {
    target.put("c", "x").await;
    let head = target.head_object("c").send().await.expect("head");
    let etag = head.e_tag().expect("an ETag");
    let modified = head.last_modified().expect("a date").secs();
    let get = || target.get_object("c");
    assert_eq!(status(get().if_none_match(etag).send().await), 304);
    assert_eq!(status(get().if_none_match("\"other\"").send().await), 200);
    assert_eq!(status(get().if_match(etag).send().await), 200);
    assert_eq!(status(get().if_match("\"other\"").send().await), 412);
    assert_eq!(
        status(
            get()
                .if_modified_since(DateTime::from_secs(modified))
                .send()
                .await
        ),
        304
    );
    assert_eq!(
        status(
            get()
                .if_modified_since(DateTime::from_secs(modified - 60))
                .send()
                .await
        ),
        200
    );
    assert_eq!(
        status(
            get()
                .if_unmodified_since(DateTime::from_secs(modified))
                .send()
                .await
        ),
        200
    );
    assert_eq!(
        status(
            get()
                .if_unmodified_since(DateTime::from_secs(modified - 60))
                .send()
                .await
        ),
        412
    );
}
