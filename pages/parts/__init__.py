"""What the screens share: state, the frame around a page, problem boxes, words for numbers, charts."""
