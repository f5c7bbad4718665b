//! Which messages of a list are ticked. Pure: the table tells it what was clicked, and asks it what to show.
//! It never holds a message that the list does not show (see [`Selection::keep_only`]).

use contract::ids::RecordId;
use std::collections::BTreeSet;

/// The ticked messages, and the one from which a range goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    ticked: BTreeSet<RecordId>,
    anchor: Option<RecordId>,
}

/// What the box above all rows shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticked {
    /// No row is ticked.
    None,
    /// Some are.
    Some,
    /// All are.
    All,
}

impl Selection {
    /// Whether this message is ticked.
    pub fn contains(&self, id: RecordId) -> bool {
        self.ticked.contains(&id)
    }

    /// How many messages are ticked.
    pub fn len(&self) -> usize {
        self.ticked.len()
    }

    /// Whether no message is ticked.
    pub fn is_empty(&self) -> bool {
        self.ticked.is_empty()
    }

    /// The ticked messages.
    pub fn ids(&self) -> Vec<RecordId> {
        self.ticked.iter().copied().collect()
    }

    /// Ticks or unticks one message; the next range starts here.
    pub fn toggle(&mut self, id: RecordId) {
        if !self.ticked.remove(&id) {
            self.ticked.insert(id);
        }
        self.anchor = Some(id);
    }

    /// Gives every row from the last clicked one to this the state of the last clicked one.
    pub fn extend_to(&mut self, rows: &[RecordId], id: RecordId) {
        let place = |wanted: RecordId| rows.iter().position(|row| *row == wanted);
        let Some((anchor, (from, to))) =
            self.anchor.and_then(|anchor| place(anchor).zip(place(id)).map(|places| (anchor, places)))
        else {
            return self.toggle(id);
        };
        let is_ticked = self.contains(anchor);
        for row in rows.iter().take(from.max(to) + 1).skip(from.min(to)) {
            if is_ticked {
                self.ticked.insert(*row);
            } else {
                self.ticked.remove(row);
            }
        }
        self.anchor = Some(id);
    }

    /// What the box above these rows shows.
    pub fn of_all(&self, rows: &[RecordId]) -> Ticked {
        let ticked = rows.iter().filter(|row| self.contains(**row)).count();
        match ticked {
            0 => Ticked::None,
            all if all == rows.len() => Ticked::All,
            _ => Ticked::Some,
        }
    }

    /// Ticks all rows; unticks them if all were ticked.
    pub fn toggle_all(&mut self, rows: &[RecordId]) {
        if self.of_all(rows) == Ticked::All {
            self.ticked.clear();
        } else {
            self.ticked = rows.iter().copied().collect();
        }
        self.anchor = None;
    }

    /// Forgets messages that are no longer listed, so that no action reaches what cannot be seen.
    pub fn keep_only(&mut self, rows: &[RecordId]) {
        self.ticked.retain(|id| rows.contains(id));
        self.anchor = self.anchor.filter(|id| rows.contains(id));
    }

    /// Unticks everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [RecordId; 5] = [RecordId(50), RecordId(40), RecordId(30), RecordId(20), RecordId(10)];

    fn ticked(selection: &Selection) -> Vec<i64> {
        selection.ids().iter().map(|id| id.0).collect()
    }

    #[test]
    fn shift_ticks_from_the_last_clicked_row_in_either_direction() {
        let mut selection = Selection::default();
        selection.toggle(RecordId(20));
        selection.extend_to(&ROWS, RecordId(40));
        assert_eq!(ticked(&selection), [20, 30, 40]);
        selection.extend_to(&ROWS, RecordId(50));
        assert_eq!(ticked(&selection), [20, 30, 40, 50]);
    }

    #[test]
    fn shift_unticks_when_the_last_clicked_row_was_unticked() {
        let mut selection = Selection::default();
        selection.toggle_all(&ROWS);
        selection.toggle(RecordId(40));
        selection.extend_to(&ROWS, RecordId(20));
        assert_eq!(ticked(&selection), [10, 50]);
    }

    #[test]
    fn shift_without_an_earlier_click_ticks_one_row() {
        let mut selection = Selection::default();
        selection.extend_to(&ROWS, RecordId(30));
        assert_eq!(ticked(&selection), [30]);
    }

    /// QUA-07: the box above all rows is no longer ticked when one row is unticked.
    #[test]
    fn the_box_above_all_follows_the_rows() {
        let mut selection = Selection::default();
        assert_eq!(selection.of_all(&ROWS), Ticked::None);
        selection.toggle_all(&ROWS);
        assert_eq!(selection.of_all(&ROWS), Ticked::All);
        selection.toggle(RecordId(30));
        assert_eq!(selection.of_all(&ROWS), Ticked::Some);
        selection.toggle_all(&ROWS);
        assert_eq!(selection.len(), 5);
        selection.toggle_all(&ROWS);
        assert!(selection.is_empty());
        assert_eq!(selection.of_all(&[]), Ticked::None);
    }

    #[test]
    fn messages_that_left_the_list_are_not_acted_on() {
        let mut selection = Selection::default();
        selection.toggle_all(&ROWS);
        selection.keep_only(&[RecordId(40), RecordId(99)]);
        assert_eq!(ticked(&selection), [40]);
    }
}
