//! What `filmroom-local` writes when requests are accepted: a text for people, or one line of JSON for programs (`--json`).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use crate::demo::DemoUser;
use crate::names::{OPERATOR, REGION};
use crate::stack::Stack;

/// Where a stack is, and how to use it. The JSON has these names.
#[derive(Debug, Serialize)]
pub struct Ready {
    /// The folder that everything is kept in.
    pub folder: PathBuf,
    /// The root of the API and the page.
    pub url: String,
    /// Where the API is.
    pub api: String,
    /// The page, if one is served.
    pub page: Option<String>,
    /// Where the bucket is.
    pub bucket: String,
    /// Where DynamoDB is.
    pub tables: String,
    /// The region that requests to bucket and tables are signed for.
    pub region: &'static str,
    /// The access key that may do everything; `filmroom-local key NAME` prints its secret.
    pub operator: &'static str,
    /// The variables of the functions that name this stack's tables and bucket.
    pub variables: BTreeMap<String, String>,
    /// Two users and an admin.
    pub users: Vec<DemoUser>,
    /// Whether the folder's own secret signs their tokens.
    pub signs_itself: bool,
}

impl Ready {
    /// What there is to say about `stack`.
    #[must_use]
    pub fn new(
        stack: &Stack,
        folder: PathBuf,
        has_page: bool,
        users: Vec<DemoUser>,
        signs_itself: bool,
    ) -> Self {
        Self {
            folder,
            url: stack.url.clone(),
            api: format!("{}/api/v1", stack.url),
            page: has_page.then(|| format!("{}/", stack.url)),
            bucket: stack.bucket_url.clone(),
            tables: stack.database_url.clone(),
            region: REGION,
            operator: OPERATOR,
            variables: stack.variables.clone(),
            users,
            signs_itself,
        }
    }

    /// The text, which a shell can read the tokens from.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write_text(&self, mut out: impl Write) -> io::Result<()> {
        let folder = self.folder.display();
        writeln!(
            out,
            "Filmroom on this machine. Everything is kept in {folder}."
        )?;
        if let Some(page) = &self.page {
            writeln!(out, "  page    {page}")?;
        }
        writeln!(out, "  API     {}", self.api)?;
        writeln!(out, "  try it  {}/docs/", self.url)?;
        writeln!(out, "  bucket  {}", self.bucket)?;
        writeln!(out, "  tables  {}", self.tables)?;
        if self.signs_itself {
            writeln!(
                out,
                "  tokens are signed with this folder's own secret; set JWT_SECRET to use another one"
            )?;
        }
        for (variable, user) in ["USER1", "USER2", "ADMIN"].iter().zip(&self.users) {
            writeln!(
                out,
                "\n# {} ({})\n{variable}={}",
                user.name, user.role, user.token
            )?;
        }
        writeln!(out, "\nready")?;
        out.flush()
    }

    /// The line of JSON.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        writeln!(out, "{}", serde_json::to_string(self)?)?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Ready {
        let user = |name, role, token: &str| DemoUser {
            name,
            role,
            token: token.to_owned(),
        };
        Ready {
            folder: "data".into(),
            url: "http://127.0.0.1:8080".to_owned(),
            api: "http://127.0.0.1:8080/api/v1".to_owned(),
            page: Some("http://127.0.0.1:8080/".to_owned()),
            bucket: "http://127.0.0.1:8081".to_owned(),
            tables: "http://127.0.0.1:40000".to_owned(),
            region: REGION,
            operator: OPERATOR,
            variables: BTreeMap::new(),
            users: vec![
                user("王医生", "user", "one"),
                user("Dr. Smith", "user", "two"),
                user("管理员", "admin", "nine"),
            ],
            signs_itself: true,
        }
    }

    #[test]
    fn people_read_a_text_that_a_shell_takes_the_tokens_from() {
        let mut text = Vec::new();
        ready().write_text(&mut text).expect("written");
        assert_eq!(
            String::from_utf8(text).expect("text"),
            "Filmroom on this machine. Everything is kept in data.
  page    http://127.0.0.1:8080/
  API     http://127.0.0.1:8080/api/v1
  try it  http://127.0.0.1:8080/docs/
  bucket  http://127.0.0.1:8081
  tables  http://127.0.0.1:40000
  tokens are signed with this folder's own secret; set JWT_SECRET to use another one

# 王医生 (user)
USER1=one

# Dr. Smith (user)
USER2=two

# 管理员 (admin)
ADMIN=nine

ready
"
        );
    }

    #[test]
    fn a_stack_without_page_and_with_a_given_secret_names_neither() {
        let ready = Ready {
            page: None,
            signs_itself: false,
            ..ready()
        };
        let mut text = Vec::new();
        ready.write_text(&mut text).expect("written");
        let text = String::from_utf8(text).expect("text");
        assert!(
            !text.contains("page") && !text.contains("JWT_SECRET"),
            "{text}"
        );
    }
}
