@univariate true
@classLabel true a b
@data
0.1,0.2:a
0.3:b
