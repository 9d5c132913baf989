//! Files in reading order.

use serde::Serialize;
use service::App;
use service::api::Whole;
use service::auth::Caller;
use service::db::worklist::Stack;
use service::domain::{Cursor, UserId};
use service::error::Error;
use service::fields;
use service::views::image_file::ImageFile;
use utoipa::ToSchema;

use super::study::owner_of;

fields! {
    /// Which part of a stack.
    pub(crate) struct StackQuery {
        /// Items on a page.
        page_size: Whole<1, 500, 100>,
        /// `next_cursor` of the page before: continues exactly there.
        cursor: Option<Cursor>,
        /// For administrators: the files of this user id. Without it, the caller's own.
        uploaded_by: Option<UserId>,
    }
}

impl StackQuery {
    /// The owner whose files are asked for.
    pub(super) fn owner(&self, caller: &Caller) -> Result<i64, Error> {
        owner_of(caller, self.uploaded_by)
    }
}

/// Files in reading order: by series number, then by the place along the normal of the image's plane (PS3.3 C.7.6.2.1.1) where the header gives it,
/// otherwise by instance number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StackPage {
    /// In reading order.
    items: Vec<ImageFile>,
    /// Continues after this page; `null` on the last one.
    next_cursor: Option<String>,
}

/// One page of a stack.
pub(super) async fn page(
    app: &App,
    caller: &Caller,
    of: Stack,
    query: StackQuery,
) -> Result<StackPage, Error> {
    let page_size = query.page_size.as_u32() as usize;
    let cursor = query.cursor.as_ref();
    let found = app.files.stack(caller, of, cursor, page_size).await?;
    let mut items = Vec::with_capacity(found.files.len());
    for file in found.files {
        items.push(ImageFile::of(app, file).await?);
    }
    Ok(StackPage {
        items,
        next_cursor: found.next_cursor,
    })
}
