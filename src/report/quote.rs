//! Quoting for lines that users paste into a shell.

/// A word for a POSIX shell.
pub fn shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A program text as a word: in double quotes where nothing in it means something to a shell.
pub fn shell_program(text: &str) -> String {
    if text.contains(['$', '`', '\\', '"', '!']) { shell(text) } else { format!("\"{text}\"") }
}

/// A pattern that matches only this path.
pub fn glob(path: &str) -> String {
    path.chars().map(|c| if "[*?".contains(c) { format!("[{c}]") } else { c.to_string() }).collect()
}

/// A string in SQL.
pub fn sql(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A string in Python.
pub fn python(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_means_anything_to_who_reads_the_line() {
        assert_eq!((shell("a/b-1.toml"), shell("it's")), ("a/b-1.toml".into(), r"'it'\''s'".into()));
        assert_eq!(shell("$(touch x)"), "'$(touch x)'");
        assert_eq!(shell_program("SELECT 'a'"), "\"SELECT 'a'\"");
        assert_eq!(shell_program("SELECT '$a'"), r"'SELECT '\''$a'\'''");
        assert_eq!(
            (glob("a[b]*"), sql("it's"), python(r"it's \")),
            ("a[[]b][*]".into(), "'it''s'".into(), r"'it\'s \\'".into())
        );
    }
}
