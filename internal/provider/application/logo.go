package application

// placeholderLogo is a grey PNG of 16 by 16 pixels: the directory requires a logo,
// and most applications have none to give.
const placeholderLogo = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAD0lEQVR42mOYiQYYRrYAAE3PmQHGauWJAAAAAElFTkSuQmCC"
