#include "projectord/figures.h"

namespace ayni::projectord {

void Figures::note_books(const projection::Cursor& cursor) {
    books_sequence = cursor.last_sequence.value();
    books_time_ns = cursor.time.nanoseconds;
    knows_books = true;
}

void Figures::note_journal(const journal::BatchHeader& newest) {
    journal_sequence = newest.last_sequence().value();
    journal_time_ns = newest.timestamp.nanoseconds;
    knows_journal = true;
}

}  // namespace ayni::projectord
