atento_test(lessons_test lessons_test.cc MODULES text)
atento_test(lessons_grammar_test lessons_grammar_test.cc MODULES text LABELS readers)
