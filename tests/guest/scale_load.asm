; One of many guests that take turns: see scale.inc.
%include "scale.inc"
