//! What a source names, read as text.

/// A source without comments, texts and the tests at its end.
pub(super) fn code(text: &str) -> String {
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let mut code = String::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        // What stands between quotes is every second part; an escaped quote ends no text.
        let line = line.replace("\\\"", "");
        code.extend(line.split('"').step_by(2).chain(["\n"]));
    }
    code
}

/// Every path of a source that begins with `crate`, `self` or `super`, or is imported; `{…}` is written out.
pub(super) fn paths(text: &str) -> Vec<Vec<String>> {
    let words = words(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let is_path =
            matches!(words[at], "crate" | "self" | "super") && words.get(at + 1) == Some(&"::");
        if words[at] == "use" || is_path {
            at += usize::from(words[at] == "use");
            tree(&words, &mut at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path or `{…}` behind `before`.
fn tree(words: &[&str], at: &mut usize, before: &[String], found: &mut Vec<Vec<String>>) {
    let mut path = before.to_vec();
    while let Some(&word) = words.get(*at) {
        *at += 1;
        match word {
            "{" => {
                while words.get(*at).is_some_and(|word| *word != "}") {
                    tree(words, at, &path, found);
                    *at += usize::from(words.get(*at) == Some(&","));
                }
                *at += 1;
                return;
            }
            "::" => {}
            _ => path.push(word.to_owned()),
        }
        if words.get(*at) != Some(&"::") && word != "::" {
            break;
        }
    }
    // `as` gives another name; nobody is looked up by it here.
    if words.get(*at) == Some(&"as") {
        *at += 2;
    }
    found.push(path);
}

/// Names, `::` and every other sign.
fn words(text: &str) -> Vec<&str> {
    let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if is_name(first) => rest.find(|sign| !is_name(sign)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        words.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    words
}
